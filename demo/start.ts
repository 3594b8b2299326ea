/** Starts the demo: three origins. They share only what the buttons for killing and reviving need. */
import { type BerthId, berthIds, cities, type Harbour } from './harbour.ts';
import { type Origin, startOrigin } from './origin.ts';

export interface Demo {
  /** Base URLs, for `ORIGIN_EU`, `ORIGIN_US` and `ORIGIN_AP`. */
  readonly origins: Readonly<Record<BerthId, string>>;
  close(): Promise<void>;
}

/** `token`: proves that a `Session-Issue` header comes from these origins. `ports`: any free ones unless given. */
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
