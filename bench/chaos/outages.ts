/**
 * When each origin was away, and when a gateway said that it leaves one out. What none of this explains is a fault of the
 * gateway's, so it errs on the strict side. Times: milliseconds since the epoch; gateway and bench share a machine.
 */
export interface Ejection {
  readonly origin: string;
  readonly at: number;
  readonly until: number;
}
export interface Outages {
  began(origin: string, at: number): void;
  ended(origin: string, at: number): void;
  /** Whether it was away at any moment of this time. */
  wasAway(origin: string, from: number, to: number): boolean;
}

/** A connection that the outage broke may be found to be broken only when it is next used. */
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

/** The ejections that a gateway's log tells of, whichever isolate it was. */
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
