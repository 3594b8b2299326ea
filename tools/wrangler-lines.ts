// Messages of the runtime about an unreachable origin. The gateway's own line about the request is clearer.
const ofRuntime = /\[ERROR\].* (?:rust|kj|workerd)\/\S+:\d+: |^\s*stack: \S*workerd@/;

// wrangler does not run the schedule itself; `every-minute.ts` does.
const ofSchedule =
  /Scheduled Workers are not automatically|To manually trigger a scheduled event|\/local\/scheduled|#test-cron-triggers/;

/**
 * Filters wrangler's output. Errors and warnings are shown, with the lines that belong to them, and everything that the
 * Worker prints. Tables of bindings, banners and wrangler's own request lines are not.
 */
export function createWranglerFilter(): (line: string) => string | null {
  let ready = false;
  let inTrouble = false;
  return (line) => {
    if (line.includes('Ready on ')) ready = true;
    if (/\[wrangler:info\]|^⎔|^Using secrets|^\[custom build\]/.test(line)) {
      inTrouble = false;
      return null;
    }
    if (/\[ERROR\]|\[WARNING\]|\[wrangler:(error|warn)\]/.test(line)) inTrouble = true;
    if (line.trim() === '' || ofRuntime.test(line) || ofSchedule.test(line)) return null;
    return inTrouble || ready ? line : null;
  };
}
