/**
 * One part of the benchmark as a process of its own, so that it has a core to itself as far as there is one and its cost
 * can be told from the others'. It answers one message at a time, and ends with us, however we end.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly pid: number;
  /** @throws when the child ends or says nothing for longer than anything here takes. */
  ask<Answer>(question: object): Promise<Answer>;
  /** Ends it with everything it started. */
  stop(): void;
}

/** Longer than every round and every start; a child that is still silent then is stuck. */
const maxSilenceMs = 30_000;

const dieWithParent = new URL('../tools/die-with-parent.ts', import.meta.url).href;

/** `file`: a script beside this one. */
export function startChild(file: string): Child {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    // A process group of its own, which goes as a whole.
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
      // Gone already.
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

/** The other side: answers every message of the parent. */
export function answerParent(answer: (question: never) => Promise<object>): void {
  // Waiting for the next question is what this process is for.
  process.channel?.ref();
  process.on('message', async (question) => {
    process.send?.(await answer(question as never));
  });
}
