/**
 * What all isolates have counted together: the text of the shared document `counts`, read with distrust, put together with
 * what one isolate brings. Pure.
 */
import { isCount, isJsonObject } from '../http/json.ts';
import { type ClientsSeen, nobodySeen, readClients, together, writeClients } from './clients.ts';
import { readSeriesKey, type SeriesKey, seriesKey } from './series.ts';

export interface Tally {
  readonly counts: ReadonlyMap<SeriesKey, number>;
  /** By revision of the configuration; the latest last. */
  readonly revisions: ReadonlyMap<string, Seen>;
  /** Names of what was brought last, the latest at the end: whatever comes twice is counted once. */
  readonly batches: readonly string[];
}
/** What one isolate has counted, under a name that nothing else has. */
export interface Batch {
  readonly id: string;
  readonly counts: ReadonlyMap<SeriesKey, number>;
}
export interface Seen {
  /** When somebody last brought something of it. Milliseconds since the epoch. */
  readonly at: number;
  readonly clients: ClientsSeen;
}

/** Deployments come and go; of older ones nobody asks any more. */
const mostRevisions = 5;
/** About 200 kB, half of what an item of DynamoDB may be. What is new beyond it goes into one series for the rest. */
const mostSeries = 3_000;
/** Whoever got no answer tries again within a minute; so many others may bring something in the meantime. */
const mostBatches = 128;
const longestId = 32;
const beyond = seriesKey('uncounted', []);

export const emptyTally: Tally = { counts: new Map(), revisions: new Map(), batches: [] };

export function readTally(text: string | null): Tally {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch {
    return emptyTally;
  }
  if (!isJsonObject(value)) return emptyTally;
  const counts = Object.entries(isJsonObject(value.counts) ? value.counts : {}).filter(
    (entry): entry is [string, number] => readSeriesKey(entry[0]) !== null && isCount(entry[1]),
  );
  const revisions = Object.entries(isJsonObject(value.revisions) ? value.revisions : {}).flatMap(([revision, seen]) => {
    const clients = isJsonObject(seen) ? readClients(seen.clients) : null;
    return clients && isJsonObject(seen) && isCount(seen.at) ? [[revision, { at: seen.at, clients }] as const] : [];
  });
  const batches = (Array.isArray(value.batches) ? value.batches : []).filter(isId).slice(-mostBatches);
  return { counts: new Map(counts), revisions: new Map(revisions), batches };
}

export const writeTally = ({ counts, revisions, batches }: Tally): string =>
  JSON.stringify({
    counts: Object.fromEntries(counts),
    revisions: Object.fromEntries(
      [...revisions].map(([revision, { at, clients }]) => [revision, { at, clients: writeClients(clients) }]),
    ),
    batches,
  });

export interface Brought {
  readonly batches: readonly Batch[];
  readonly revision: string;
  readonly seen: Seen;
}

/** `before` itself, when all of it has been brought already. */
export function withBrought(before: Tally, { batches, revision, seen }: Brought): Tally {
  const fresh = batches.filter(({ id }) => !before.batches.includes(id));
  if (fresh.length === 0) return before;
  const known = before.revisions.get(revision);
  const clients = together(known?.clients ?? nobodySeen(), seen.clients);
  const revisions = [...before.revisions].filter(([name]) => name !== revision);
  revisions.push([revision, { at: Math.max(seen.at, known?.at ?? 0), clients }]);
  const kept = new Map(revisions.sort(([, a], [, b]) => a.at - b.at).slice(-mostRevisions));

  const counts = new Map([...before.counts].filter(([key]) => isKept(key, kept)));
  for (const [key, count] of fresh.flatMap((batch) => [...batch.counts])) {
    const series = counts.has(key) || counts.size < mostSeries ? key : beyond;
    counts.set(series, (counts.get(series) ?? 0) + count);
  }
  const names = [...before.batches, ...fresh.map(({ id }) => id)].slice(-mostBatches);
  return { counts, revisions: kept, batches: names };
}

/** Series of a revision go with it; the others stay. */
function isKept(key: SeriesKey, revisions: ReadonlyMap<string, Seen>): boolean {
  const read = readSeriesKey(key);
  const isOfRevision = read?.family === 'assignments' || read?.family === 'moves';
  return !isOfRevision || revisions.has(read.values[0] as string);
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= longestId;
