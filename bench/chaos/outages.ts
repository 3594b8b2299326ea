/**
 * When each origin was down, and when a gateway ejected one. What this does not explain counts as a fault of the gateway, so
 * it is strict. Times are in milliseconds since the epoch; gateway and bench share a clock.
 */
export interface Ejection {
  readonly origin: string;
  readonly at: number;
  readonly until: number;
}
export interface Outages {
  began(origin: string, at: number): void;
  ended(origin: string, at: number): void;
  /** Whether the origin was down at any moment from `from` to `to`. */
  wasAway(origin: string, from: number, to: number): boolean;
}

/** A connection that broke during an outage may only be noticed when it is used again. */
const brokenConnectionsMs = 250;

export function createOutages(): Outages {
  const byOrigin = new Map<string, { readonly from: number; to: number }[]>();
  const outagesOf = (origin: string) => byOrigin.get(origin) ?? [];
  return {
    began(origin, at) {
      byOrigin.set(origin, [...outagesOf(origin), { from: at, to: Number.POSITIVE_INFINITY }]);
    },
    ended(origin, at) {
      const last = outagesOf(origin).at(-1);
      if (last) last.to = at + brokenConnectionsMs;
    },
    wasAway: (origin, from, to) => outagesOf(origin).some((outage) => outage.from <= to && from <= outage.to),
  };
}

/** The ejections in a gateway's log, of all isolates. */
export function ejectionsIn(lines: readonly string[]): Ejection[] {
  return lines.flatMap((line) => {
    if (!line.includes('"origin-ejected"')) return [];
    const { origin, at, until } = JSON.parse(line.slice(line.indexOf('{'))) as Record<
      'origin' | 'at' | 'until',
      string
    >;
    return [{ origin, at: Date.parse(at), until: Date.parse(until) }];
  });
}
