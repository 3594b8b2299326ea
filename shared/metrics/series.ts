/**
 * All counters: the name in the Prometheus text, the labels and the help text. Label values come from the configuration or
 * from fixed lists, never from a client, so that a client cannot create series.
 */
export interface Family {
  readonly name: string;
  readonly labels: readonly string[];
  readonly help: string;
}

export const families = {
  requests: {
    name: 'berth_requests_total',
    labels: ['route', 'status', 'session'],
    help: "Requests answered, by the route's number in the file (none: no route), class of status and what became of the session.",
  },
  failures: {
    name: 'berth_failures_total',
    labels: ['code'],
    help: 'Requests that failed in the gateway, by the code of docs/errors.md.',
  },
  placements: {
    name: 'berth_placements_total',
    labels: ['pool', 'origin', 'because'],
    help: 'Requests sent to an origin, and why it was that one (docs/routing.md).',
  },
  retries: {
    name: 'berth_retries_total',
    labels: ['pool'],
    help: 'Further origins tried for a request after the first.',
  },
  assignments: {
    name: 'berth_assignments_total',
    labels: ['revision', 'pool', 'origin', 'kind'],
    help: 'Requests sent to an origin, by what they meant for the berth of their client: new, kept, moved (its pin came here from elsewhere), away (served here, its pin stayed elsewhere), unpinned (the pool pins nobody, or the client may hold a pin that its browser kept back).',
  },
  moves: {
    name: 'berth_moves_total',
    labels: ['revision', 'pool', 'from', 'because', 'kind'],
    help: 'Pins that went from one origin, of this pool, to another. Involuntary: the pin was good, its origin failed, was drained, shed the client or is no more. Natural: anything else, such as the end of the pin or a visit to a route of another pool.',
  },
  uncounted: {
    name: 'berth_uncounted_total',
    labels: [],
    help: 'What would have been counted in series for which there was no room any more.',
  },
  durations: {
    name: 'berth_request_duration_seconds',
    labels: ['le'],
    help: 'Time from a request to the headers of its reply.',
  },
  durationSum: { name: 'berth_request_duration_seconds_sum', labels: [], help: '' },
  storeRequests: {
    name: 'berth_store_requests_total',
    labels: ['store', 'operation', 'outcome'],
    help: 'Calls of the session store: ok, failed, or skipped because an earlier call got no answer.',
  },
  storeDurations: {
    name: 'berth_store_request_duration_seconds',
    labels: ['store', 'operation', 'le'],
    help: 'Time until the session store answered or failed.',
  },
  storeDurationSum: { name: 'berth_store_request_duration_seconds_sum', labels: ['store', 'operation'], help: '' },
  staleServed: {
    name: 'berth_stale_served_total',
    labels: [],
    help: 'Requests whose session could not be checked and was taken from its cookie (whenStoreIsDown).',
  },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof families;

/** Families that are buckets or sums of a histogram: those of durations, with the family of the sum. */
export const histograms = [
  { buckets: 'durations', sum: 'durationSum' },
  { buckets: 'storeDurations', sum: 'storeDurationSum' },
] as const satisfies readonly { readonly buckets: FamilyName; readonly sum: FamilyName }[];

/** Upper bounds, in milliseconds. Longer durations are counted under `+Inf`. */
export const durationBoundsMs = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000] as const;

const bucketNames = [...durationBoundsMs.map((ms) => String(ms / 1_000)), '+Inf'];

/** The value of the label `le`. */
export const bucketOf = (ms: number): string =>
  bucketNames.at(durationBoundsMs.findIndex((bound) => ms <= bound)) as string;

/** The key of a series in memory and in the shared document: `placements|app|eu|pinned`. No label value contains a bar. */
export type SeriesKey = string;

export const seriesKey = (family: FamilyName, values: readonly string[]): SeriesKey => [family, ...values].join('|');

/** `null` for a key that no version of Berth has written. */
export function readSeriesKey(
  key: SeriesKey,
): { readonly family: FamilyName; readonly values: readonly string[] } | null {
  const [family, ...values] = key.split('|') as [string, ...string[]];
  if (!Object.hasOwn(families, family)) return null;
  const name = family as FamilyName;
  return values.length === families[name].labels.length ? { family: name, values } : null;
}
