/** PHP's own server with its default settings; each instance keeps its sessions in a folder of its own. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { privateFolder } from '../../tools/private-folder.ts';
import { type App, startServer } from './apps.ts';

export const hasPhp = (): boolean =>
  spawnSync('php', ['-n', '-r', 'exit(function_exists("session_start") ? 0 : 1);'], { stdio: 'ignore' }).status === 0;

/** `file` stands in test/apps. `-n`: whatever this machine's php.ini says. `settings`: `session.cookie_lifetime=3600`. */
export async function startPhp(file: string, settings: readonly string[] = []): Promise<App> {
  const folder = privateFolder();
  const script = fileURLToPath(new URL(`../apps/${file}`, import.meta.url));
  const given = [`session.save_path=${folder}`, ...settings].flatMap((setting) => ['-d', setting]);
  const app = await startServer('PHP', (port) => ['php', '-n', ...given, '-S', `127.0.0.1:${port}`, script]);
  return {
    url: app.url,
    async kill() {
      await app.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
