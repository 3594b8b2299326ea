/** Durations as the configuration has them: a whole number and one unit (`90m`, not `1h30m`). */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`;

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds, or `null` for anything but `30s`, `15m`, `12h`, `7d` (`0s` included, `1.5h` and `05m` not). */
export function parseDuration(text: string): number | null {
  const match = /^(0|[1-9]\d{0,8})([smhd])$/.exec(text);
  return match ? Number(match[1]) * (unitMs[match[2] as string] as number) : null;
}

/** @throws unless the text was validated before. */
export function durationMs(text: Duration): number {
  const ms = parseDuration(text);
  if (ms === null) throw new Error('unvalidated duration');
  return ms;
}

/** The shortest exact spelling, for messages. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm']) {
    const size = unitMs[unit] as number;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms / 1000}s`;
}
