/**
 * The real `wrangler dev` as a child that leaves nothing behind: its own process group, its own registry, its variables
 * in a private file that goes away with it, and the group ended when this process ends.
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
  /** Fulfilled when requests are answered; rejected, with what wrangler said last, when it ends before that. */
  readonly ready: Promise<void>;
  /** Fulfilled with the exit code when wrangler has ended, whoever ended it. */
  readonly ended: Promise<number | null>;
  /** Runs the Worker's schedule once, as its cron trigger would. Rejects when it fails. */
  everyMinute(): Promise<void>;
  /** Ends the whole process group and waits until it is gone. */
  stop(): Promise<void>;
}

export interface WranglerDevOptions {
  readonly port: number;
  readonly https?: boolean;
  /** Port of the debugger (DevTools protocol) on 127.0.0.1; any free port unless given. */
  readonly inspectorPort?: number;
  /** The Worker's variables. `.dev.vars` is not read beside them. */
  readonly variables: Readonly<Record<string, string>>;
  /** Absolute path; the project's own wrangler.toml unless given. */
  readonly configFile?: string;
  /** Where KV and the like are kept; `.wrangler/state` unless given. */
  readonly persistTo?: string;
  /** Every line of wrangler and of the Worker. */
  readonly onLine?: (line: string) => void;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const wranglerBin = join(createRequire(import.meta.url).resolve('wrangler/package.json'), '../bin/wrangler.js');

// Colours come even into a pipe, whatever NO_COLOR says (ECMA-48, section 8.3.117).
const sgr = /\x1b\[[\d;]*m/g;
const ownerOnlyFile = 0o600;
// What is shown of a failed start: the last lines hold the error, the first ones the banner.
const rememberedLines = 30;
// wrangler tidies up in well under a second; what is still there after this will not go by itself.
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

/** Not by `fetch`, which would refuse the certificate that wrangler has signed itself. */
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
 * wrangler's own environment: offline and quiet. The Worker's variables are not in it, or else a value of this process
 * would be expanded into them.
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
