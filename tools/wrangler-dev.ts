/**
 * Runs the real `wrangler dev` as a child process in its own process group, with its own registry, and with its variables
 * in a private file. The group and the file are removed when this process ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { get as getPlainly } from 'node:http';
import { get as getSecurely } from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { envFileText } from './env-file.ts';
import { privateFolder } from './private-folder.ts';
import { buildWorkerParts } from './worker-parts.ts';

export interface WranglerDev {
  readonly url: string;
  /** Resolves when the Worker answers requests. Rejects with wrangler's last output if it ends before. */
  readonly ready: Promise<void>;
  /** Resolves with the exit code when wrangler has ended. */
  readonly ended: Promise<number | null>;
  /** Runs the Worker's scheduled handler once. Rejects if it fails. */
  everyMinute(): Promise<void>;
  /** Ends the whole process group and waits for its end. */
  stop(): Promise<void>;
}

export interface WranglerDevOptions {
  readonly port: number;
  readonly https?: boolean;
  /** Port of the debugger (DevTools protocol) on 127.0.0.1; any free port unless given. */
  readonly inspectorPort?: number;
  /** The Worker's variables. `.dev.vars` is not read. */
  readonly variables: Readonly<Record<string, string>>;
  /** Absolute path; the project's own wrangler.toml unless given. */
  readonly configFile?: string;
  /** Where KV and Durable Objects are stored; `.wrangler/state` unless given. */
  readonly persistTo?: string;
  /** Called with each line of output from wrangler and the Worker. */
  readonly onLine?: (line: string) => void;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const wranglerBin = join(createRequire(import.meta.url).resolve('wrangler/package.json'), '../bin/wrangler.js');

// wrangler writes colours even into a pipe and ignores NO_COLOR (ECMA-48, section 8.3.117).
const sgr = /\x1b\[[\d;]*m/g;
const ownerOnlyFile = 0o600;
// After a failed start, the last lines contain the error; the first ones only contain the banner.
const rememberedLines = 30;
// wrangler normally ends in less than a second. After this time, it is killed.
const goodbyeMs = 2_000;

export function startWranglerDev(options: WranglerDevOptions): WranglerDev {
  const scheme = options.https ? 'https' : 'http';
  const folder = privateFolder();
  buildWorkerParts();
  const child = launch(options, folder);
  const lastLines: string[] = [];
  let onReady = () => {};
  const listening = new Promise<void>((resolve) => {
    onReady = resolve;
  });

  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (painted) => {
      const line = painted.replace(sgr, '');
      if (line.includes('Ready on ')) onReady();
      lastLines.push(line);
      if (lastLines.length > rememberedLines) lastLines.shift();
      options.onLine?.(line);
    });
  }

  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
    child.once('error', () => resolve(null));
  }).then((code) => {
    endGroup(child, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    return code;
  });

  const ready = Promise.race([
    listening,
    ended.then(() => Promise.reject(new Error(`wrangler ended before it was ready:\n${lastLines.join('\n')}`))),
  ]);
  // Whoever does not wait for it will see `ended`.
  ready.catch(() => {});

  return {
    url: `${scheme}://localhost:${options.port}`,
    ready,
    ended,
    everyMinute: () => runSchedule(`${scheme}://localhost:${options.port}/cdn-cgi/handler/scheduled`),
    async stop() {
      endGroup(child, 'SIGTERM');
      const impatience = setTimeout(() => endGroup(child, 'SIGKILL'), goodbyeMs);
      await ended;
      clearTimeout(impatience);
    },
  };
}

/** Does not use `fetch`, which would refuse wrangler's self-signed certificate. */
async function runSchedule(url: string): Promise<void> {
  const get = url.startsWith('https:') ? getSecurely : getPlainly;
  const status = await new Promise((resolve, reject) => {
    get(url, { rejectUnauthorized: false }, (reply) => resolve(reply.resume().statusCode)).once('error', reject);
  });
  if (status !== 200) throw new Error(`the Worker answered ${status}`);
}

function launch(options: WranglerDevOptions, folder: string): ChildProcess {
  const envFile = join(folder, 'variables.env');
  writeFileSync(envFile, envFileText(options.variables), { mode: ownerOnlyFile });
  const args = [
    ...['--import', new URL('./die-with-parent.ts', import.meta.url).href, wranglerBin, 'dev'],
    ...['--config', options.configFile ?? join(root, 'wrangler.toml')],
    ...['--port', String(options.port), '--inspector-port', String(options.inspectorPort ?? 0)],
    ...['--inspector-ip', '127.0.0.1', '--env-file', envFile],
    ...['--local-protocol', options.https ? 'https' : 'http', '--show-interactive-dev-session=false'],
    ...(options.persistTo ? ['--persist-to', options.persistTo] : []),
  ];
  return spawn(process.execPath, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...environmentFor(options.variables), WRANGLER_REGISTRY_PATH: join(folder, 'registry') },
  });
}

/**
 * wrangler's own environment: offline and quiet. Without the Worker's variables, because wrangler would expand them in the
 * values of the private file.
 */
function environmentFor(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_WRITE_LOGS: 'false',
    NO_COLOR: '1',
  };
  for (const name of Object.keys(variables)) delete environment[name];
  return environment;
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // Already gone.
  }
}
