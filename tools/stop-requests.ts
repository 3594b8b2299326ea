/**
 * Calls `stop` once when this program is asked to end: by Ctrl-C, a signal, a closed terminal, or the end of the npm that
 * started it. npm passes signals only to the shell in between, so this program watches for the end of its parent.
 */
export function onStopRequest(stop: () => void): void {
  let asked = false;
  const once = () => {
    if (asked) return;
    asked = true;
    clearInterval(watch);
    stop();
  };
  const watch = setInterval(() => runByNpm && process.ppid !== parent && once(), watchEveryMs);
  watch.unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, once);
}

const parent = process.ppid;
// If it was started in another way, for example in the background of a script, it may outlive its parent.
const runByNpm = process.env.npm_lifecycle_event !== undefined;
const watchEveryMs = 250;
