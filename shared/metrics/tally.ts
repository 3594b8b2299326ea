/**
 * The counts of all isolates: the text of the shared document `counts`, read defensively, and merged with the batches of one
 * isolate. Pure.
 */
import { isCount, isJsonObject } from '../http/json.ts';
import { type ClientSketch, emptySketch, mergeSketches, readSketch, writeSketch } from './clients.ts';
import { readSeriesKey, type SeriesKey, seriesKey } from './series.ts';

export interface Tally {
  readonly counts: ReadonlyMap<SeriesKey, number>;
  /** By revision of the configuration, the latest last. */
  readonly revisions: ReadonlyMap<string, RevisionClients>;
  /** Ids of the latest batches, the newest last. A batch that comes twice is counted once. */
  readonly batches: readonly string[];
}
/** The counts of one isolate since its last flush, under a unique id. */
export interface Batch {
  readonly id: string;
  readonly counts: ReadonlyMap<SeriesKey, number>;
}
export interface RevisionClients {
  /** When a batch of this revision last arrived. Milliseconds since the epoch. */
  readonly at: number;
  readonly clients: ClientSketch;
}

/** The metrics of older deployments are dropped. */
const maxRevisions = 5;
/** About 200 kB, half the size limit of a DynamoDB item. Further series are counted in one. */
const maxSeries = 3_000;
/** A flush without an answer is repeated within a minute. So many others may arrive before it is not recognised any more. */
const maxBatches = 128;
const maxIdLength = 32;
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
    const clients = isJsonObject(seen) ? readSketch(seen.clients) : null;
    return clients && isJsonObject(seen) && isCount(seen.at) ? [[revision, { at: seen.at, clients }] as const] : [];
  });
  const batches = (Array.isArray(value.batches) ? value.batches : []).filter(isId).slice(-maxBatches);
  return { counts: new Map(counts), revisions: new Map(revisions), batches };
}

export const writeTally = ({ counts, revisions, batches }: Tally): string =>
  JSON.stringify({
    counts: Object.fromEntries(counts),
    revisions: Object.fromEntries(
      [...revisions].map(([revision, { at, clients }]) => [revision, { at, clients: writeSketch(clients) }]),
    ),
    batches,
  });

export interface Flushed {
  readonly batches: readonly Batch[];
  readonly revision: string;
  readonly seen: RevisionClients;
}

/** `before` itself if all of the batches are in it already. */
export function merge(before: Tally, { batches, revision, seen }: Flushed): Tally {
  const fresh = batches.filter(({ id }) => !before.batches.includes(id));
  if (fresh.length === 0) return before;
  const known = before.revisions.get(revision);
  const clients = mergeSketches(known?.clients ?? emptySketch(), seen.clients);
  const revisions = [...before.revisions].filter(([name]) => name !== revision);
  revisions.push([revision, { at: Math.max(seen.at, known?.at ?? 0), clients }]);
  const kept = new Map(revisions.sort(([, a], [, b]) => a.at - b.at).slice(-maxRevisions));

  const counts = new Map([...before.counts].filter(([key]) => isKept(key, kept)));
  for (const [key, count] of fresh.flatMap((batch) => [...batch.counts])) {
    const series = counts.has(key) || counts.size < maxSeries ? key : beyond;
    counts.set(series, (counts.get(series) ?? 0) + count);
  }
  const names = [...before.batches, ...fresh.map(({ id }) => id)].slice(-maxBatches);
  return { counts, revisions: kept, batches: names };
}

/** Series of a revision are dropped with it. */
function isKept(key: SeriesKey, revisions: ReadonlyMap<string, RevisionClients>): boolean {
  const read = readSeriesKey(key);
  const isOfRevision = read?.family === 'assignments' || read?.family === 'moves';
  return !isOfRevision || revisions.has(read.values[0] as string);
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= maxIdLength;
