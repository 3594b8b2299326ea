/** The SharedLog port: one item per text, spread over partitions, and collected by the table's TTL. */
import { logPeriodMs, type SharedLog } from '../document/log.ts';
import type { ItemKey, Items } from './items.ts';
import { ttl } from './rows.ts';

const partitions = 4;
/** A text that was not folded into the counts by then is lost. */
const keepMs = 24 * 3_600_000;

const partitionOf = (period: number, number: number): string => `N#${period}#${number}`;
const keyOf = (period: number, id: string): ItemKey => ({
  PK: partitionOf(period, id.charCodeAt(0) % partitions),
  SK: id,
});

export const createLogOnItems = (items: Items): SharedLog => ({
  async append(period, id, text) {
    await items.put(keyOf(period, id), { text, ...ttl(period * logPeriodMs + keepMs) }, 'attribute_not_exists(PK)');
  },
  has: async (period, id) => (await items.read([keyOf(period, id)]))[0] !== null,
  async read(period) {
    const lists = await Promise.all(
      Array.from({ length: partitions }, (_, number) => items.list(partitionOf(period, number))),
    );
    return lists
      .flat()
      .flatMap(({ SK, text }) => (typeof SK === 'string' && typeof text === 'string' ? [{ id: SK, text }] : []));
  },
});
