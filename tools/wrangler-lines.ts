// The runtime's own words for an origin it cannot reach; the gateway's line about the same request is clearer.
const ofRuntime = /\[ERROR\].* (?:rust|kj|workerd)\/\S+:\d+: |^\s*stack: \S*workerd@/;

// It does not keep the schedule by itself; `every-minute.ts` does.
const ofSchedule =
  /Scheduled Workers are not automatically|To manually trigger a scheduled event|\/local\/scheduled|#test-cron-triggers/;

/**
 * What is worth showing of wrangler's own output: errors and warnings with the lines that belong to them, and what the
 * Worker itself printed. Bindings tables, banners and wrangler's request lines are not.
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
