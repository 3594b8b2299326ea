/**
 * A real Tomcat (Debian's `tomcat10`) with one small application, test/apps/tomcat/page.jsp, at every path. Each instance
 * has a folder, a port and a memory of its own.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { privateFolder } from '../../tools/private-folder.ts';
import { type App, startServer } from './apps.ts';

const home = '/usr/share/tomcat10';
/** The compiler for JSP, a package that Debian's `tomcat10` comes with. */
const compiler = '/usr/share/java/eclipse-jdt-core.jar';

export const hasTomcat = (): boolean =>
  existsSync(join(home, 'bin/bootstrap.jar')) &&
  existsSync(compiler) &&
  spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0;

export interface TomcatOptions {
  /** Proof that its `Session-Issue` is its own; without it the application knows nothing of a gateway. */
  readonly originToken?: string;
  /** `jvmRoute`: stands behind a `.` at the end of each session id. */
  readonly route?: string;
}

/** What the page shows of a request. */
export interface TomcatPage {
  readonly path: string;
  /** Requests of this session, this one among them. */
  readonly visits: number;
  readonly user: string;
  readonly id: string;
  /** The id that came with the request, `'null'` where none did. */
  readonly asked: string;
  readonly by: 'url' | 'cookie' | 'none';
  /** As `encodeURL` writes them: with `;jsessionid=` until a cookie has come back. */
  readonly links: { readonly login: string; readonly account: string };
}

const files = [
  ['server.xml', 'conf/server.xml'],
  ['web.xml', 'webapps/ROOT/WEB-INF/web.xml'],
  ['page.jsp', 'webapps/ROOT/WEB-INF/page.jsp'],
] as const;

export async function startTomcat({ originToken, route = '' }: TomcatOptions = {}): Promise<App> {
  const folder = privateFolder();
  for (const sub of ['conf', 'logs', 'temp', 'work', 'webapps/ROOT/WEB-INF']) {
    mkdirSync(join(folder, sub), { recursive: true });
  }
  for (const [from, to] of files) {
    copyFileSync(fileURLToPath(new URL(`../apps/tomcat/${from}`, import.meta.url)), join(folder, to));
  }
  // Tomcat's defaults for all applications: the servlets for files and for JSP. Debian lets only its own user read /etc.
  copyFileSync(join(home, 'etc/web.xml'), join(folder, 'conf/web.xml'));
  const app = await startServer(
    'Tomcat',
    (port) => [
      'java',
      '-XX:TieredStopAtLevel=1',
      '-Xmx128m',
      `-Dcatalina.home=${home}`,
      `-Dcatalina.base=${folder}`,
      `-Djava.io.tmpdir=${join(folder, 'temp')}`,
      `-Dport=${port}`,
      `-Droute=${route}`,
      '-cp',
      [`${home}/bin/bootstrap.jar`, `${home}/bin/tomcat-juli.jar`, compiler].join(':'),
      'org.apache.catalina.startup.Bootstrap',
      'start',
    ],
    originToken === undefined ? {} : { ORIGIN_TOKEN: originToken },
  );
  return {
    url: app.url,
    async kill() {
      await app.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
