/**
 * Counts on a storage that charges a write by its size, such as DynamoDB: every flush adds a text of its own to a log, and a
 * document holds the sum of the periods that are over.
 */
import type { SharedDocument } from '../document/document.ts';
import { logPeriodMs, periodAt, type SharedLog } from '../document/log.ts';
import { isCount, isJsonObject } from '../http/json.ts';
import { emptySketch } from './clients.ts';
import { createEntryWriter, type Entry, readEntry } from './log-entry.ts';
import type { SharedCounts } from './shared-counts.ts';
import { type Batch, type Flushed, merge, readTally, type Tally, writeTally } from './tally.ts';

/** A period is added to the document so long after its end: clocks differ, and a flush without an answer is repeated. */
const foldAfterMs = 120_000;
/** Then a repetition first looks whether its period has the text already. */
const lateAfterMs = 60_000;
/** So many periods are caught up with after a time without a reader. */
const maxPeriodsBehind = 200;
/** Where no document is yet. */
const maxPeriodsAtFirst = 15;
/** The document is also written when this many empty periods have passed, so that they are not read again. */
const maxEmptyPeriods = 10;
/**
 * One flush in this time for each kilobyte that the last one wrote: 1,200 instances write 16 kB a second at most, however many
 * series they have.
 */
const pausePerKilobyteMs = 75_000;
/** Of the keys and the expiry of a text. */
const itemBytes = 100;

export function createCountsInLog(log: SharedLog, document: SharedDocument): SharedCounts {
  const writer = createEntryWriter();
  /** What is written for a batch is settled at the first attempt. */
  const entries = new WeakMap<Batch, { period: number; readonly text: Promise<string> }>();

  async function look(now: number) {
    const kept = await document.read();
    const known = foldedTo(kept.text);
    const upTo = Math.max(known ?? 0, periodAt(now) - (known === null ? maxPeriodsAtFirst : maxPeriodsBehind));
    const due = range(upTo + 1, periodAt(now - foldAfterMs) - 1);
    const texts = (await Promise.all(due.map((period) => log.read(period)))).flat();
    return { kept, due, texts, tally: await added(readTally(kept.text), texts) };
  }

  async function write({ kept, due, texts, tally }: Awaited<ReturnType<typeof look>>): Promise<void> {
    const last = due.at(-1);
    if (last === undefined || (texts.length === 0 && due.length < maxEmptyPeriods)) return;
    // Refused: another isolate has added them.
    await document.write(withFoldedTo(writeTally(tally), last), kept.revision);
  }

  return {
    async add({ batches, revision, seen }) {
      let bytes = 0;
      for (const batch of batches) {
        const entry = entries.get(batch) ?? { period: periodAt(seen.at), text: writer.write(batch, revision, seen) };
        entries.set(batch, entry);
        const text = await entry.text;
        bytes += text.length + itemBytes;
        if (seen.at - (entry.period + 1) * logPeriodMs >= lateAfterMs) {
          if (await log.has(entry.period, batch.id)) continue;
          entry.period = periodAt(seen.at);
        }
        await log.append(entry.period, batch.id, text);
      }
      return Math.ceil(bytes / 1024) * pausePerKilobyteMs;
    },

    async total(now) {
      const looked = await look(now);
      // The clock of a writer may be ahead.
      const running = range(periodAt(now - foldAfterMs), periodAt(now) + 1);
      const [texts] = await Promise.all([
        Promise.all(running.map((period) => log.read(period))),
        // The sum is right whether or not it can be kept.
        write(looked).catch(() => undefined),
      ]);
      return added(looked.tally, texts.flat());
    },

    fold: async (now) => write(await look(now)),
  };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

/** A text that cannot be read counts nothing. */
async function added(before: Tally, texts: readonly { readonly id: string; readonly text: string }[]): Promise<Tally> {
  const byRevision = new Map<string, (Entry & { readonly id: string })[]>();
  for (const { id, text } of texts) {
    const entry = await readEntry(text);
    if (!entry) continue;
    const same = byRevision.get(entry.revision) ?? [];
    same.push({ ...entry, id });
    byRevision.set(entry.revision, same);
  }
  return [...byRevision].reduce((tally, [revision, same]) => merge(tally, flushedOf(revision, same)), before);
}

function flushedOf(revision: string, entries: readonly (Entry & { readonly id: string })[]): Flushed {
  const clients = emptySketch();
  for (const entry of entries) {
    for (const [register, rank] of entry.clients) clients[register] = Math.max(clients[register] ?? 0, rank);
  }
  return { batches: entries, revision, seen: { at: Math.max(...entries.map(({ at }) => at)), clients } };
}

function foldedTo(text: string | null): number | null {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return isJsonObject(value) && isCount(value.foldedTo) ? value.foldedTo : null;
  } catch {
    return null;
  }
}

const withFoldedTo = (tally: string, period: number): string => `{"foldedTo":${period},${tally.slice(1)}`;
