/** Starts the demo: three origins that know of one another only what the kill and revive buttons need. */
import { type BerthId, berthIds, cities, type Harbour } from './harbour.ts';
import { type Origin, startOrigin } from './origin.ts';

export interface Demo {
  /** Base URLs, for `ORIGIN_EU`, `ORIGIN_US` and `ORIGIN_AP`. */
  readonly origins: Readonly<Record<BerthId, string>>;
  close(): Promise<void>;
}

/** `token` proves that a `Session-Issue` header is the origins' own. Without `ports` any free ones on loopback are taken. */
export async function startDemo(options: {
  token: string;
  ports?: Readonly<Partial<Record<BerthId, number>>>;
}): Promise<Demo> {
  const origins = new Map<BerthId, Origin>();
  const alive = (id: BerthId) => origins.get(id)?.alive() ?? false;

  const harbour: Harbour = {
    list: () => berthIds.map((id) => ({ id, city: cities[id], alive: alive(id) })),
    kill: (id) => (berthIds.filter(alive).length > 1 ? (origins.get(id)?.kill() ?? null) : null),
    revive: async (id) => (await origins.get(id)?.revive()) ?? false,
  };

  const close = async () => {
    await Promise.all([...origins.values()].map((origin) => origin.close()));
  };

  try {
    for (const id of berthIds) {
      origins.set(id, await startOrigin({ id, token: options.token, port: options.ports?.[id] ?? 0, harbour }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const url = (id: BerthId) => (origins.get(id) as Origin).url;
  return { origins: { eu: url('eu'), us: url('us'), ap: url('ap') }, close };
}
