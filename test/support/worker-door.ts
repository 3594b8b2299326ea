/**
 * The Cloudflare door for journeys: the project's Worker in workerd on a free port, with a configuration of the journey's
 * own and an empty state. What `npm start` runs, the whole `wrangler dev`, takes ten times as long to start and answers
 * alike; a few journeys ask for it: those that need modules which are loaded on first use,
 * because only wrangler uploads them as modules of their own.
 *
 * Not wrangler's `createTestHarness`, though it starts fast too: it sends the Worker's own fetches through Node, and what an
 * origin then sees (header order, `Host`, body framing) is Node's work and not workerd's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../tools/free-port.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { startWranglerDev } from '../../tools/wrangler-dev.ts';

export interface Door {
  /** `http://localhost:<port>`, no trailing slash. */
  readonly url: string;
  /** Everything the Worker has written so far (and wrangler, where it runs), for assertions about log lines. */
  readonly lines: readonly string[];
  /** Runs what is scheduled for every minute. */
  everyMinute(): Promise<void>;
  stop(): Promise<void>;
}

export interface WorkerDoorOptions {
  /** The absolute path of a file that is used in place of gateway.config.ts. */
  readonly config: string;
  /** All that the configuration and the gateway find in their environment, `PUBLIC_ORIGIN` (the door's URL) apart. */
  readonly env: Readonly<Record<string, string>>;
  /** `workerd` unless given. */
  readonly runtime?: 'workerd' | 'wrangler dev';
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export async function startWorkerDoor({ config, env, runtime = 'workerd' }: WorkerDoorOptions): Promise<Door> {
  const port = await freePort();
  const variables = { PUBLIC_ORIGIN: `http://localhost:${port}`, ...env };
  return runtime === 'workerd'
    ? startOnHost({ port, config, variables })
    : startOnWrangler({ port, config, variables });
}

export interface HostStart {
  readonly port: number;
  readonly config: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What `worker-host.ts` is asked; one question at a time for each door. */
export type HostQuestion =
  | { readonly door: number; readonly kind: 'start'; readonly start: HostStart }
  | { readonly door: number; readonly kind: 'everyMinute' | 'stop' };

export type HostAnswer =
  | { readonly door: number; readonly kind: 'line'; readonly line: string }
  | { readonly door: number; readonly kind: 'done'; readonly of: HostQuestion['kind'] }
  | { readonly door: number; readonly kind: 'failed'; readonly of: HostQuestion['kind']; readonly reason: string };

let runningHost: ChildProcess | null = null;
let doorsStarted = 0;
let openQuestions = 0;

function host(): ChildProcess {
  if (runningHost?.connected) return runningHost;
  const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(
    process.execPath,
    ['--import', file('../../tools/die-with-parent.ts'), file('./worker-host.ts')],
    {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false', NO_COLOR: '1' },
    },
  );
  child.setMaxListeners(0);
  // It ends with this process and does not keep it.
  child.unref();
  child.channel?.unref();
  runningHost = child;
  return child;
}

async function startOnHost(start: HostStart): Promise<Door> {
  const door = doorsStarted++;
  const child = host();
  const lines: string[] = [];
  const listen = (answer: HostAnswer): void => {
    if (answer.door === door && answer.kind === 'line') lines.push(answer.line);
  };
  child.on('message', listen);
  await ask(child, { door, kind: 'start', start });
  return {
    url: `http://localhost:${start.port}`,
    lines,
    everyMinute: () => ask(child, { door, kind: 'everyMinute' }),
    async stop() {
      await ask(child, { door, kind: 'stop' });
      child.off('message', listen);
    },
  };
}

function ask(child: ChildProcess, question: HostQuestion): Promise<void> {
  return new Promise((resolve, reject) => {
    openQuestions += 1;
    child.channel?.ref();
    const finish = (): void => {
      child.off('message', onAnswer);
      child.off('exit', onExit);
      openQuestions -= 1;
      if (openQuestions === 0) child.channel?.unref();
    };
    const onAnswer = (answer: HostAnswer): void => {
      if (answer.door !== question.door || answer.kind === 'line' || answer.of !== question.kind) return;
      finish();
      if (answer.kind === 'done') resolve();
      else reject(new Error(answer.reason));
    };
    const onExit = (): void => {
      finish();
      reject(new Error('the process that serves Workers has ended'));
    };
    child.on('message', onAnswer);
    child.once('exit', onExit);
    child.send(question);
  });
}

async function startOnWrangler({ port, config, variables }: HostStart): Promise<Door> {
  const folder = privateFolder();
  const configFile = join(folder, 'wrangler.toml');
  writeFileSync(configFile, configurationWith(config));
  const lines: string[] = [];
  const wrangler = startWranglerDev({
    port,
    configFile,
    persistTo: join(folder, 'state'),
    variables,
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
