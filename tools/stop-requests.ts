/**
 * Calls `stop`, once, when somebody wants this program to end: Ctrl-C, a signal, a closed terminal, or the end of the
 * npm that runs it. npm hands a signal only to the shell between the two, so that its end is all that is seen of it.
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
// Started any other way, in the background of a script for example, it may well outlive its parent.
const runByNpm = process.env.npm_lifecycle_event !== undefined;
const watchEveryMs = 250;
