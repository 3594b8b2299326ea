/** Waits for the work, and at most `ms`. The work goes on. */
export async function waitAtMost(work: Promise<unknown>, ms: number): Promise<void> {
  await raced(work, ms, () => undefined);
}

/** The same, and throws when the work takes longer. `error` says in the log what did not answer. */
export const failAfter = <T>(work: Promise<T>, ms: number, error: () => string | Error): Promise<T> =>
  raced(work, ms, () => {
    const late = error();
    throw typeof late === 'string' ? new Error(late) : late;
  });

async function raced<T, Late>(work: Promise<T>, ms: number, onLate: () => Late): Promise<T | Late> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Late>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(onLate());
      } catch (error) {
        reject(error);
      }
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
