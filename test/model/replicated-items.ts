/**
 * A DynamoDB global table in a few lines: each region decides its conditions by what it has itself, every write travels
 * to the other regions when it pleases, and of two writes to one item the later wins as a whole.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
 */
import type { Attributes, ItemKey, Items } from '../../shared/dynamodb/items.ts';
import { holds } from './conditions.ts';

export interface Write {
  readonly kind: 'put' | 'update';
  readonly key: ItemKey;
  readonly attributes: Attributes;
  readonly condition: string;
  readonly values: Attributes;
}

export interface ReplicatedItems {
  in(region: string): Items;
  /** Writes that are still on their way, the next of each item. */
  onTheirWay(): readonly string[];
  deliver(name: string): void;
  state(): string;
}

interface Image {
  readonly row: Readonly<Record<string, unknown>>;
  /** Whoever writes later has the greater number, wherever they write. */
  readonly writtenAt: number;
}

/** What becomes of a write before it is made, `null`: it is forgotten. For showing what a condition is worth. */
export type Carelessness = (write: Write, before: Readonly<Record<string, unknown>> | null) => Write | null;

export function createReplicatedItems(
  regions: readonly string[],
  careless: Carelessness = (write) => write,
): ReplicatedItems {
  const tables = new Map(regions.map((region) => [region, new Map<string, Image>()]));
  const ways = new Map<string, { readonly to: string; readonly place: string; readonly images: Image[] }>();
  let clock = 0;
  const tableOf = (region: string) => tables.get(region) as Map<string, Image>;

  function write(region: string, wanted: Write): boolean {
    const place = `${wanted.key.PK} ${wanted.key.SK}`;
    const before = tableOf(region).get(place)?.row ?? null;
    const made = careless(wanted, before);
    if (made === null) return true;
    const { kind, key, attributes, condition, values } = made;
    const named = kind === 'put' ? values : { ...attributes, ...values };
    if (!holds(condition, before, named)) return false;
    const set = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
    const image = { row: { ...(kind === 'put' ? {} : before), ...set, ...key }, writtenAt: ++clock };
    tableOf(region).set(place, image);
    for (const to of regions) {
      if (to === region) continue;
      const name = `${place} to ${to}`;
      const way = ways.get(name) ?? { to, place, images: [] };
      way.images.push(image);
      ways.set(name, way);
    }
    return true;
  }

  return {
    in: (region) => ({
      read: async (keys) => keys.map(({ PK, SK }) => tableOf(region).get(`${PK} ${SK}`)?.row ?? null),
      list: async (partition) =>
        [...tableOf(region).values()].map(({ row }) => row).filter(({ PK }) => PK === partition),
      put: async (key, attributes, condition, values = {}) =>
        write(region, { kind: 'put', key, attributes, condition, values }),
      update: async (key, attributes, condition, values = {}) =>
        write(region, { kind: 'update', key, attributes, condition, values }),
    }),
    onTheirWay: () => [...ways].filter(([, { images }]) => images.length > 0).map(([name]) => name),
    deliver(name) {
      const way = ways.get(name);
      const image = way?.images.shift();
      if (!way || !image) throw new Error(`nothing is on its way: ${name}`);
      const there = tableOf(way.to).get(way.place);
      if (!there || there.writtenAt < image.writtenAt) tableOf(way.to).set(way.place, image);
    },
    state() {
      const images = [...tables].flatMap(([region, table]) =>
        [...table].map(([place, image]) => ({ region, place, image })),
      );
      const travelling = [...ways].flatMap(([name, { place, images }]) =>
        images.map((image) => ({ region: name, place, image })),
      );
      // Only which of two writes to one item was later can matter, not when either was.
      const moments = new Map<string, number[]>();
      for (const { place, image } of [...images, ...travelling]) {
        const of = moments.get(place) ?? [];
        if (!of.includes(image.writtenAt)) of.push(image.writtenAt);
        moments.set(place, of);
      }
      for (const of of moments.values()) of.sort((a, b) => a - b);
      const told = ({ region, place, image }: { region: string; place: string; image: Image }) =>
        `${region}|${place}|${moments.get(place)?.indexOf(image.writtenAt)}|${JSON.stringify(image.row)}`;
      return JSON.stringify([images.map(told).sort(), travelling.map(told)]);
    },
  };
}
