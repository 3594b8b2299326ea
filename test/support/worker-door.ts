/**
 * The Cloudflare door for journeys: the real `wrangler dev` on a free port, with a configuration of the journey's own
 * and an empty state.
 *
 * Not `createTestHarness`, though it starts faster: it sends the Worker's own fetches through Node, and what an origin
 * then sees (header order, `Host`, body framing) is Node's work and not workerd's.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../tools/free-port.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { startWranglerDev } from '../../tools/wrangler-dev.ts';

export interface Door {
  /** `http://localhost:<port>`, no trailing slash. */
  readonly url: string;
  /** Everything the Worker and wrangler have written so far, for assertions about log lines. */
  readonly lines: readonly string[];
  /** Runs what is scheduled for every minute. */
  everyMinute(): Promise<void>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * `config` is the absolute path of a file that stands in for gateway.config.ts; `env` is all that it and the gateway
 * find in their environment, but for `PUBLIC_ORIGIN`, which is the door's own address unless given.
 */
export async function startWorkerDoor(options: {
  config: string;
  env: Readonly<Record<string, string>>;
}): Promise<Door> {
  const folder = privateFolder();
  const configFile = join(folder, 'wrangler.toml');
  writeFileSync(configFile, configurationWith(options.config));

  const port = await freePort();
  const lines: string[] = [];
  const wrangler = startWranglerDev({
    port,
    configFile,
    persistTo: join(folder, 'state'),
    variables: { PUBLIC_ORIGIN: `http://localhost:${port}`, ...options.env },
    onLine: (line) => lines.push(line),
  });
  const stop = async () => {
    await wrangler.stop();
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    await wrangler.ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: wrangler.url, lines, everyMinute: wrangler.everyMinute, stop };
}

/**
 * The project's wrangler.toml with the gateway's configuration replaced. Without the placeholders, which are not the
 * journey's, and without the check before the build, since some journeys want a bad configuration.
 */
function configurationWith(gatewayConfig: string): string {
  const original = readFileSync(join(root, 'wrangler.toml'), 'utf8');
  const kept = original
    .split(/^(?=\[)/m)
    .filter((section) => !/^\[(build|vars)\]/.test(section))
    .join('')
    .replace(/^main = "(.*)"$/m, (_, entry: string) => `main = ${JSON.stringify(join(root, entry))}`);
  return `${kept}\n[alias]\n"../gateway.config.ts" = ${JSON.stringify(gatewayConfig)}\n`;
}
