/** Applications as people have them, each instance a process of its own that is handed a port and nothing else. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../tools/free-port.ts';

export interface App {
  readonly url: string;
  /** Its memory is gone with it. */
  kill(): Promise<void>;
}

/** An application knows nothing of tests: it would go on listening when they were broken off. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const folder = fileURLToPath(new URL('../apps/', import.meta.url));
/** Tomcat takes half a minute on a busy machine. A port is cheap to ask. */
const mostWaits = 1_200;
const waitMs = 50;

/** The one on the PATH may be somebody's own, without the system's packages. */
const pythons = ['python3', '/usr/bin/python3'];

/** An interpreter that has all of these modules, or `null`. */
export const pythonWith = (...modules: readonly string[]): string | null =>
  pythons.find((python) => spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0) ?? null;

/** `file` stands in test/apps, or has its whole path: `.py` for Python with Flask, everything else for Node. */
export async function startApp(file: string, env: Readonly<Record<string, string>> = {}): Promise<App> {
  const command = file.endsWith('.py') ? (pythonWith('flask') ?? 'python3') : process.execPath;
  return startServer(file, () => [command, resolve(folder, file)], env);
}

/** A server on a port of 127.0.0.1 that it is told of in `PORT`, and on its command line where that is the only way. */
export async function startServer(
  name: string,
  commandFor: (port: string) => readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<App> {
  const port = await freePort();
  const [command = '', ...args] = commandFor(String(port));
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...env, PORT: String(port) },
    stdio: 'ignore',
  });
  running.add(child);
  const kill = async () => {
    running.delete(child);
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  for (let i = 0; !(await listens(port)); i++) {
    if (hasEnded(child) || i === mostWaits) {
      await kill();
      throw new Error(`${name} does not start`);
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return { url: `http://127.0.0.1:${port}`, kill };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
