/** One flush of one isolate as a text of the log: JSON, compressed, since the names of series repeat. */
import { base64url, fromBase64url } from '../crypto/bytes.ts';
import { isCount, isJsonObject } from '../http/json.ts';
import { type ClientSketch, emptySketch } from './clients.ts';
import { readSeriesKey, type SeriesKey } from './series.ts';
import type { Batch, RevisionClients } from './tally.ts';

export interface Entry {
  readonly revision: string;
  readonly at: number;
  readonly counts: ReadonlyMap<SeriesKey, number>;
  /** Registers of the clients' sketch and their ranks: those that have changed since the isolate's last entry. */
  readonly clients: readonly (readonly [register: number, rank: number])[];
}

/** More than any isolate writes. */
const maxTextLength = 200_000;

export interface EntryWriter {
  write(batch: Batch, revision: string, seen: RevisionClients): Promise<string>;
}

export function createEntryWriter(): EntryWriter {
  const written: ClientSketch = emptySketch();

  /** Without waiting, so that of two calls each takes its own share. */
  function changesSince(clients: ClientSketch): [number, number][] {
    const changes: [number, number][] = [];
    for (const [register, rank] of clients.entries()) {
      if (rank <= (written[register] as number)) continue;
      written[register] = rank;
      changes.push([register, rank]);
    }
    return changes;
  }

  return {
    write({ counts }, revision, { at, clients }) {
      const text = JSON.stringify({
        revision,
        at,
        counts: Object.fromEntries(counts),
        clients: changesSince(clients).flat(),
      });
      return compressed(text);
    },
  };
}

/** `null` if the text is not an entry. */
export async function readEntry(text: string): Promise<Entry | null> {
  const bytes = text.length <= maxTextLength ? fromBase64url(text) : null;
  if (bytes === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(await decompressed(bytes));
  } catch {
    return null;
  }
  if (!isJsonObject(value)) return null;
  const { revision, at, counts, clients } = value;
  if (typeof revision !== 'string' || !isCount(at) || !isJsonObject(counts) || !Array.isArray(clients)) return null;
  const read = Object.entries(counts).filter(
    (entry): entry is [string, number] => readSeriesKey(entry[0]) !== null && isCount(entry[1]),
  );
  return { revision, at, counts: new Map(read), clients: readChanges(clients) };
}

function readChanges(flat: readonly unknown[]): [number, number][] {
  const registers = emptySketch().length;
  const changes: [number, number][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [register, rank] = [flat[i], flat[i + 1]];
    if (isCount(register) && register < registers && isCount(rank) && rank <= 255) changes.push([register, rank]);
  }
  return changes;
}

async function compressed(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return base64url(new Uint8Array(await new Response(stream).arrayBuffer()));
}

const decompressed = (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
