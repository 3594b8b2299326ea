/**
 * Runs one part of the benchmark as a separate process, so that its CPU time can be measured separately. The process
 * answers one message at a time, and ends when this process ends.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly pid: number;
  /** @throws if the child ends or does not answer for `maxSilenceMs`. */
  ask<Answer>(question: object): Promise<Answer>;
  /** Ends the child and everything it started. */
  stop(): void;
}

/** Longer than every round and every start. */
const maxSilenceMs = 30_000;

const dieWithParent = new URL('../tools/die-with-parent.ts', import.meta.url).href;

/** `file`: a script in this folder. */
export function startChild(file: string): Child {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    // A process group of its own, so that all of it can be ended.
    detached: true,
    execArgv: ['--import', dieWithParent],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} did not start`);

  const stop = (): void => {
    process.off('exit', stop);
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has already ended.
    }
  };
  process.once('exit', stop);

  return {
    pid,
    stop,
    ask: <Answer>(question: object) =>
      new Promise<Answer>((resolve, reject) => {
        const finish = (act: () => void) => {
          clearTimeout(patience);
          child.off('message', onMessage);
          child.off('exit', onExit);
          act();
        };
        const onMessage = (answer: unknown) => finish(() => resolve(answer as Answer));
        const onExit = () => finish(() => reject(new Error(`${file} ended in the middle of the benchmark`)));
        const patience = setTimeout(() => finish(() => reject(new Error(`${file} is stuck`))), maxSilenceMs);
        child.once('message', onMessage);
        child.once('exit', onExit);
        child.send(question);
      }),
  };
}

/** For the child: answers every message of the parent. */
export function answerParent(answer: (question: never) => Promise<object>): void {
  // Keeps the process alive while it waits for the next message.
  process.channel?.ref();
  process.on('message', async (question) => {
    process.send?.(await answer(question as never));
  });
}
