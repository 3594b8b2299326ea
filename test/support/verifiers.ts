/** The applications that the snippets of docs/recipes/verifying-the-assertion.md stand in, where they can run. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { privateFolder } from '../../tools/private-folder.ts';
import { type App, pythonWith, startServer } from './apps.ts';

export interface Verifier {
  readonly name: string;
  /** What this machine does not have; `null` when it can run. */
  readonly missing: string | null;
  /** Starts it in front of nobody, with the page's addresses led to `issuer`. */
  start(issuer: string): Promise<RunningVerifier>;
}
export interface RunningVerifier extends App {
  readonly folder: string;
  /** Makes it so long since the keys were asked for that they may be asked for again. */
  letTimePass(): Promise<void>;
}

const page = readFileSync(
  fileURLToPath(new URL('../../docs/recipes/verifying-the-assertion.md', import.meta.url)),
  'utf8',
);
const apps = fileURLToPath(new URL('../apps/verifiers/', import.meta.url));
const publicOrigin = 'https://www.example.com';

/** The page's section of that name. */
export const sectionOf = (heading: string): string =>
  page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';

/** The snippets of a section in one language, one after the other. */
export const snippetsOf = (heading: string, language: string): string[] =>
  [...sectionOf(heading).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text]) => text as string,
  );

const canRun = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

/** A folder of its own with the application, and the snippet beside it. */
function placed(app: string, snippet: string, as: string, folder = privateFolder()): string {
  cpSync(join(apps, app), join(folder, app));
  writeFileSync(join(folder, as), snippet);
  return folder;
}

const aMinuteLater =
  ({ url }: App) =>
  async (): Promise<void> =>
    void (await fetch(`${url}/a-minute-later`, { method: 'POST' }));

const [common = '', flask = '', django = ''] = snippetsOf('Flask and Django', 'python');

function pythonVerifier(name: string, framework: string, app: string, snippet: string): Verifier {
  const python = pythonWith(framework, 'jwt', 'cryptography');
  return {
    name,
    missing: python === null ? `python3 with ${framework}, jwt and cryptography` : null,
    async start(issuer) {
      const folder = placed(app, `${common}\n${snippet}`.replaceAll(publicOrigin, issuer), 'snippet.py');
      const running = await startServer(name, () => [python ?? '', join(folder, app)]);
      return { ...running, folder, letTimePass: aMinuteLater(running) };
    },
  };
}

const express: Verifier = {
  name: 'Express',
  missing: null,
  async start(issuer) {
    const [snippet = ''] = snippetsOf('Express', 'js');
    const folder = placed('express.mjs', snippet.replaceAll(publicOrigin, issuer), 'snippet.mjs');
    const running = await startServer('Express', () => [process.execPath, join(folder, 'express.mjs')]);
    return { ...running, folder, letTimePass: aMinuteLater(running) };
  },
};

const go: Verifier = {
  name: 'Go',
  missing: canRun('go', 'version') ? null : 'go',
  async start(issuer) {
    const [snippet = ''] = snippetsOf('Go', 'go');
    const folder = placed('main.go', snippet.replaceAll(publicOrigin, issuer), 'snippet.go');
    const env = { ...process.env, GOCACHE: join(folder, 'cache'), GOTOOLCHAIN: 'local' };
    const built = spawnSync('go', ['build', '-o', 'verifier', 'main.go', 'snippet.go'], {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
    if (built.status !== 0) throw new Error(`the Go snippet does not compile: ${built.stderr}`);
    const running = await startServer('Go', () => [join(folder, 'verifier')]);
    return { ...running, folder, letTimePass: aMinuteLater(running) };
  },
};

const php: Verifier = {
  name: 'PHP',
  missing: canRun('php', '-r', 'exit(extension_loaded("openssl") ? 0 : 1);') ? null : 'php with openssl',
  async start(issuer) {
    const [snippet = ''] = snippetsOf('PHP', 'php');
    const folder = privateFolder();
    const keys = join(folder, 'keys.json');
    const here = snippet.replaceAll(publicOrigin, issuer).replace('/var/cache/app/berth-keys.json', keys);
    placed('index.php', here, 'snippet.php', folder);
    const running = await startServer('PHP', (port) => ['php', '-S', `127.0.0.1:${port}`, join(folder, 'index.php')]);
    const aMinuteAgo = () => Date.now() / 1000 - 60;
    return { ...running, folder, letTimePass: async () => utimesSync(keys, aMinuteAgo(), aMinuteAgo()) };
  },
};

export const verifiers: readonly Verifier[] = [
  express,
  pythonVerifier('Flask', 'flask', 'flask_app.py', flask),
  pythonVerifier('Django', 'django', 'django_app.py', django),
  go,
  php,
];
