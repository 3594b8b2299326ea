/**
 * What all isolates have counted together: the text of the shared document `counts`, read with distrust, put together with
 * what one isolate brings. Pure.
 */
import { type ClientsSeen, nobodySeen, readClients, together, writeClients } from './clients.ts';
import { readSeriesKey, type SeriesKey } from './series.ts';

export interface Tally {
  readonly counts: ReadonlyMap<SeriesKey, number>;
  /** By revision of the configuration; the latest last. */
  readonly revisions: ReadonlyMap<string, Seen>;
}
export interface Seen {
  /** When somebody last brought something of it. Milliseconds since the epoch. */
  readonly at: number;
  readonly clients: ClientsSeen;
}

/** Deployments come and go; of older ones nobody asks any more. */
const mostRevisions = 5;
/** About 200 kB, half of what an item of DynamoDB may be. What is new beyond it is left out. */
const mostSeries = 3_000;

export const emptyTally: Tally = { counts: new Map(), revisions: new Map() };

export function readTally(text: string | null): Tally {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch {
    return emptyTally;
  }
  if (!isObject(value)) return emptyTally;
  const counts = Object.entries(isObject(value.counts) ? value.counts : {}).filter(
    (entry): entry is [string, number] => readSeriesKey(entry[0]) !== null && isCount(entry[1]),
  );
  const revisions = Object.entries(isObject(value.revisions) ? value.revisions : {}).flatMap(([revision, seen]) => {
    const clients = isObject(seen) ? readClients(seen.clients) : null;
    return clients && isObject(seen) && isCount(seen.at) ? [[revision, { at: seen.at, clients }] as const] : [];
  });
  return { counts: new Map(counts), revisions: new Map(revisions) };
}

export const writeTally = ({ counts, revisions }: Tally): string =>
  JSON.stringify({
    counts: Object.fromEntries(counts),
    revisions: Object.fromEntries(
      [...revisions].map(([revision, { at, clients }]) => [revision, { at, clients: writeClients(clients) }]),
    ),
  });

export interface Brought {
  readonly counts: ReadonlyMap<SeriesKey, number>;
  readonly revision: string;
  readonly seen: Seen;
}

export function withBrought(before: Tally, { counts, revision, seen }: Brought): Tally {
  const known = before.revisions.get(revision);
  const clients = together(known?.clients ?? nobodySeen(), seen.clients);
  const revisions = [...before.revisions].filter(([name]) => name !== revision);
  revisions.push([revision, { at: Math.max(seen.at, known?.at ?? 0), clients }]);
  const kept = new Map(revisions.sort(([, a], [, b]) => a.at - b.at).slice(-mostRevisions));

  const sums = new Map([...before.counts].filter(([key]) => isKept(key, kept)));
  for (const [key, count] of counts) {
    if (sums.has(key) || sums.size < mostSeries) sums.set(key, (sums.get(key) ?? 0) + count);
  }
  return { counts: sums, revisions: kept };
}

/** Series of a revision go with it; the others stay. */
function isKept(key: SeriesKey, revisions: ReadonlyMap<string, Seen>): boolean {
  const read = readSeriesKey(key);
  const isOfRevision = read?.family === 'assignments' || read?.family === 'moves';
  return !isOfRevision || revisions.has(read.values[0] as string);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
