/** The schedule that a cloud would keep: runs something once a minute until it is stopped, and lets the process end. */

const minuteMs = 60_000;

/** What goes wrong is told in one line, and tried again a minute later. */
export function everyMinute(run: () => Promise<void>): { stop(): void } {
  const timer = setInterval(() => {
    run().catch((error: Error) => console.error(`The schedule of this minute failed: ${error.message}`));
  }, minuteMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
