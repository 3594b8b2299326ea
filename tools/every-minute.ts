/** Runs the schedule locally, once a minute, until it is stopped. Does not keep the process alive. */

const minuteMs = 60_000;

/** An error is printed in one line. The next run is a minute later. */
export function everyMinute(run: () => Promise<void>): { stop(): void } {
  const timer = setInterval(() => {
    run().catch((error: Error) => console.error(`The scheduled run failed: ${error.message}`));
  }, minuteMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
