/** Runs workerd, one process per subject, so that they share no thread. */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { answerParent } from './child.ts';

export interface RuntimeStart {
  /** Absolute path of a workerd configuration with one socket. */
  readonly configFile: string;
  /** The file for its output; discarded unless given. */
  readonly output?: string;
}
export interface Runtime {
  readonly port: number;
  readonly pid: number;
}

const { default: workerd } = createRequire(import.meta.url)('workerd') as { readonly default: string };
/** The file descriptor on which workerd reports its port. */
const controlFd = 3;

answerParent(
  ({ configFile, output }: RuntimeStart) =>
    new Promise((resolve) => {
      const child = spawn(workerd, ['serve', configFile, `--control-fd=${controlFd}`], {
        // The access log is written as in production, but not read.
        stdio: ['ignore', output === undefined ? 'ignore' : openSync(output, 'w'), 'inherit', 'pipe'],
      });
      child.once('exit', () => process.exit(1));
      (child.stdio[controlFd] as Readable).once('data', (line: Buffer) => {
        const { port } = JSON.parse(line.toString().split('\n', 1)[0] as string) as { port: number };
        resolve({ port, pid: child.pid as number } satisfies Runtime);
      });
    }),
);
