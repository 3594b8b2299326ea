import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { base64url, randomBytes } from '../../../shared/crypto/bytes.ts';
import type { StoreRecord } from '../../../shared/session/store/records.ts';
import type { EndedOthers } from '../../../shared/session/strategy/lifecycle.ts';
import type { Strategy } from '../../../shared/session/strategy/strategy.ts';
import { createKvStore } from '../../../worker/kv/kv-store.ts';
import { createKvWorld, type KvWorld } from '../../support/kv-world.ts';
import { beginningOf, sessionSettings, someClient, someKeys, storedStrategy } from '../../support/session-parts.ts';

const hourMs = 3_600_000;
const name = () => base64url(randomBytes(16));
const now = () => Date.now();
const aRecord = (more: Partial<StoreRecord> = {}): StoreRecord => ({
  sessionId: name(),
  subjectKey: name(),
  secretHash: name(),
  version: 1,
  createdAt: now(),
  lastSeenAt: now(),
  endsAt: now() + 12 * hourMs,
  sealed: name(),
  ...more,
});
const aRevocation = () => ({ at: now(), why: 'logout', keepUntil: now() + hourMs }) as const;
const next = (record: StoreRecord): StoreRecord => ({ ...record, version: record.version + 1, sealed: name() });

let world: KvWorld;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  vi.setTimerTickMode('nextTimerAsync');
  world = createKvWorld();
});
afterEach(() => void vi.useRealTimers());

const storeAt = (location: string) => createKvStore(world.at(location).namespace);
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
const tookMs = async (call: () => Promise<unknown>): Promise<number> => {
  const began = Date.now();
  await call();
  return Date.now() - began;
};

describe('a key that was written a moment ago', () => {
  test('is a conflict when it is the version that is to be saved', async () => {
    const record = aRecord();
    const { namespace } = world.at('here');
    const isolates = Array.from({ length: 6 }, () => createKvStore(namespace));
    await isolates[0]?.create(record, now());
    const answers = await Promise.all(isolates.map((store) => store.save(next(record), now())));
    expect(answers.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'conflict', 'conflict', 'saved']);
  });

  test('is done already when it is the marker: a second sign-out answers what the first one wrote', async () => {
    const { namespace } = world.at('here');
    const [one, other] = [createKvStore(namespace), createKvStore(namespace)];
    const sessionId = name();
    const successor = name();
    const at = now();
    const answers = await Promise.all([
      one.revoke(sessionId, { ...aRevocation(), successor }),
      other.revoke(sessionId, aRevocation()),
    ]);
    expect(answers).toContainEqual(null);
    expect(answers).toContainEqual({ at, successor });
    expect((await one.load({ sessionId }, now())).revokedAt).toBe(at);
  });

  test('is written a second later when its next value is another one: all of a subject, ended twice', async () => {
    const { namespace } = world.at('here');
    const [one, other] = [createKvStore(namespace), createKvStore(namespace)];
    const record = aRecord();
    await one.create(record, now());
    await one.revokeSubject(record.subjectKey as string, now(), now() + hourMs);
    pass(200);
    const later = now();
    const tookFor = await tookMs(() => other.revokeSubject(record.subjectKey as string, later, later + hourMs));
    expect(tookFor).toBeGreaterThan(1_000);
    expect(tookFor).toBeLessThan(1_500);
    pass(30_000);
    expect((await one.load(record, now())).subjectNotBefore).toBe(later);
  });

  test('needs no second write when it says as much already: everyone, ended twice in one moment', async () => {
    const { namespace } = world.at('here');
    const moment = now();
    const end = () => createKvStore(namespace).revokeEveryone(moment, moment + hourMs);
    expect(await tookMs(() => Promise.all([end(), end(), end()]))).toBeLessThan(1_000);
    expect(world.accepted).toHaveLength(1);
  });

  test('is a conflict when it is a session index, so that two sign-ins of one person follow each other', async () => {
    const { namespace } = world.at('here');
    const subject = name();
    const enter = () => createKvStore(namespace).saveSessionIndex(subject, name(), 0, now() + hourMs, now());
    expect((await Promise.all([enter(), enter()])).toSorted()).toEqual([false, true]);
    expect(await createKvStore(namespace).saveSessionIndex(subject, 'both', 1, now() + hourMs, now())).toBe(true);
  });

  test('is taken when it is a once-key, at another location too', async () => {
    const key = name();
    const claims = [storeAt('here'), storeAt('there')].map((store) => store.claimOnce(key, 'v', now() + hourMs, now()));
    const answers = await Promise.all(claims);
    expect(answers.filter((answer) => answer === null)).toHaveLength(1);
  });
});

test('two saves within a second are both saved, and the second one’s head is written in its turn', async () => {
  const { namespace } = world.at('here');
  const store = createKvStore(namespace);
  const record = aRecord();
  await store.create(record, now());
  pass(5_000);
  expect(await store.save(next(record), now())).toBe('saved');
  pass(200);
  const third = next(next(record));
  expect(await tookMs(() => store.save(third, now()))).toBeGreaterThan(800);
  pass(31_000);
  expect((await store.load(record, now())).record).toEqual(third);
});

test('of three saves within a second the newest version stays the one in the head', async () => {
  const { namespace } = world.at('here');
  const stores = [createKvStore(namespace), createKvStore(namespace), createKvStore(namespace)] as const;
  const record = aRecord();
  await stores[0].create(record, now());
  pass(5_000);
  const [second, third, fourth] = [next(record), next(next(record)), next(next(next(record)))];
  await stores[0].save(second, now());
  await Promise.all([
    stores[1].save(third, now()),
    new Promise((resolve) => setTimeout(resolve, 100)).then(() => stores[2].save(fourth, now())),
  ]);
  pass(31_000);
  expect((await stores[0].load(record, now())).record).toEqual(fourth);
});

test('no write is accepted twice within a second and nothing fails, when all kinds of writes come at once', async () => {
  const { namespace } = world.at('here');
  const stores = Array.from({ length: 8 }, () => createKvStore(namespace));
  const record = aRecord();
  await stores[0]?.create(record, now());
  await Promise.all(
    stores.map(async (store) => {
      for (let attempt = 0; attempt < 20; attempt++) {
        const { record: newest } = await store.load({ sessionId: record.sessionId }, now());
        if (newest && (await store.save(next(newest), now())) === 'saved') return;
      }
      throw new Error('never saved');
    }),
  );
  pass(31_000);
  expect((await stores[0]?.load(record, now()))?.record?.version).toBe(9);
  await Promise.all(stores.map((store) => store.revoke(record.sessionId, aRevocation())));
  await Promise.all(stores.map((store) => store.revokeSubject(record.subjectKey as string, now(), now() + hourMs)));
  const latest = new Map<string, number>();
  for (const { key, at } of world.accepted) {
    expect(at - (latest.get(key) ?? 0)).toBeGreaterThanOrEqual(1_000);
    latest.set(key, at);
  }
});

test('twenty devices are one call, and two when some were saved since', async () => {
  const here = world.at('here');
  const store = createKvStore(here.namespace);
  const subjectKey = name();
  const records = Array.from({ length: 20 }, () => aRecord({ subjectKey }));
  for (const record of records) await store.create(record, now());
  const ids = records.map(({ sessionId }) => sessionId);
  here.nextInvocation();
  expect((await store.loadAll(subjectKey, ids, now())).map(({ record }) => record)).toEqual(records);
  expect(here.operations).toEqual(['get 62']);
  await store.save(next(records[3] as StoreRecord), now());
  pass(31_000);
  here.nextInvocation();
  expect((await store.loadAll(subjectKey, ids, now()))[3]?.record?.version).toBe(2);
  expect(here.operations).toEqual(['get 62', 'get 1']);
});

test('three hundred devices, the most there may be, stay far below the operations of one invocation', async () => {
  const here = world.at('here');
  const store = createKvStore(here.namespace);
  const ids = Array.from({ length: 300 }, name);
  const loaded = await store.loadAll(name(), ids, now());
  expect(loaded).toHaveLength(300);
  expect(here.operations).toHaveLength(10);
});

describe('another location', () => {
  test('refuses a session within two minutes of its end', async () => {
    const [here, there] = [storeAt('here'), storeAt('there')];
    const record = aRecord();
    await here.create(record, now());
    pass(120_000);
    expect((await there.load(record, now())).revokedAt).toBeNull();
    const endedAt = now();
    await here.revoke(record.sessionId, aRevocation());
    pass(59_000);
    await there.load(record, now());
    pass(61_000);
    expect((await there.load(record, now())).revokedAt).toBe(endedAt);
  });

  test('saves the version that was saved here a moment ago again after a second: the later write wins', async () => {
    const [here, there] = [storeAt('here'), storeAt('there')];
    const record = aRecord();
    await here.create(record, now());
    pass(120_000);
    const mine = next(record);
    expect(await Promise.all([here.save(next(record), now()), there.save(mine, now())])).toEqual(['saved', 'saved']);
    pass(120_000);
    expect((await here.load(record, now())).record?.sealed).toBe(mine.sealed);
  });
});

describe('a namespace whose writes are used up', () => {
  const usedUp = () => {
    const { namespace } = world.at('here');
    const put = () => Promise.reject(new Error('KV put() limit exceeded for the day.'));
    return createKvStore({ ...namespace, put } as unknown as typeof namespace);
  };

  test('fails the check for a minute after the second write that showed it; the first is a warning', async () => {
    const store = usedUp();
    expect(await store.check(now())).toEqual([]);
    await expect(store.create(aRecord(), now())).rejects.toThrow('limit exceeded');
    expect(await store.check(now())).toEqual(['the last write failed: KV put() limit exceeded for the day.']);
    await expect(store.create(aRecord(), now())).rejects.toThrow('limit exceeded');
    await expect(store.check(now())).rejects.toThrow('the last 2 writes failed: KV put() limit exceeded for the day.');
    pass(60_000);
    expect(await store.check(now())).toEqual([]);
  });

  test('and one whose listings are used up fails it likewise, until one succeeds', async () => {
    const { namespace } = world.at('here');
    let isUsedUp = true;
    const list = (options: object) =>
      isUsedUp ? Promise.reject(new Error('KV list() limit exceeded for the day.')) : namespace.list(options);
    const store = createKvStore({ ...namespace, list } as unknown as typeof namespace);
    for (let i = 0; i < 2; i++) await expect(store.loadSessionIndex(name(), now())).rejects.toThrow('limit exceeded');
    await expect(store.check(now())).rejects.toThrow('the last 2 listings failed: KV list() limit exceeded');
    isUsedUp = false;
    await store.loadSessionIndex(name(), now());
    expect(await store.check(now())).toEqual([]);
  });

  test('does not claim that a session was ended', async () => {
    await expect(usedUp().revoke(name(), aRevocation())).rejects.toThrow('limit exceeded');
  });

  test('is an outage also when it says no more than 429', async () => {
    const { namespace } = world.at('here');
    const put = () => Promise.reject(new Error('KV PUT failed: 429 Too Many Requests'));
    const store = createKvStore({ ...namespace, put } as unknown as typeof namespace);
    await expect(store.revoke(name(), aRevocation())).rejects.toThrow('429');
    await expect(store.create(aRecord(), now())).rejects.toThrow('429');
    await expect(store.check(now())).rejects.toThrow('429');
  });
});

describe('through the strategy', () => {
  const hereWith = (limit: number) => {
    const here = world.at('here');
    const settings = sessionSettings({ store: 'kv', limit: { perSubject: limit, onLimit: 'evict-oldest' } });
    return { here, gateway: storedStrategy(createKvStore(here.namespace), someKeys(), settings) };
  };
  const signIn = async (gateway: Strategy) => {
    const begun = await gateway.begin(beginningOf(now()));
    if (begun.kind !== 'begun') throw new Error(begun.kind);
    return begun;
  };

  test('no request writes one key twice, and none is refused where a session is left alone for a second', async () => {
    const { gateway } = hereWith(3);
    for (let i = 0; i < 3; i++) {
      await signIn(gateway);
      pass(5_000);
    }
    const writes = async (act: () => Promise<unknown>): Promise<string[]> => {
      const from = world.accepted.length;
      await act();
      pass(5_000);
      return world.accepted.slice(from).map(({ key }) => key.slice(0, 1));
    };
    let { session, value } = await signIn(gateway);
    pass(5_000);
    const change = async (act: () => Promise<EndedOthers> | undefined): Promise<void> => {
      const changed = await act();
      if (changed?.kind !== 'changed') throw new Error(changed?.kind);
      session = changed.session;
      value = changed.value ?? value;
    };
    // A session index, the record, and the marker of the one that has to go.
    expect(await writes(() => signIn(gateway))).toEqual(['l', 'r', 's']);
    expect(await writes(() => change(() => gateway.update(session, value, { a: 1 }, null, now())))).toEqual(['s', 'h']);
    expect(await writes(() => change(() => gateway.rotate(session, value, now())))).toEqual(['s', 'h']);
    const others = await writes(() => change(() => gateway.endOthers?.(session, value, now())));
    expect(new Set(others).size).toBe(others.length);
    expect(await writes(() => gateway.end(session.sessionId, 'logout', now()))).toEqual(['r']);
    expect(world.refused).toEqual([]);
  });

  test('three hundred devices, and the sign-in after them, are far from a thousand operations', async () => {
    const { here, gateway } = hereWith(300);
    for (let i = 0; i < 300; i++) {
      here.nextInvocation();
      await signIn(gateway);
      pass(2_000);
    }
    here.nextInvocation();
    expect(await gateway.devices?.('ada', now())).toHaveLength(300);
    expect(here.operations.length).toBeLessThanOrEqual(15);
    here.nextInvocation();
    await signIn(gateway);
    expect(here.operations.length).toBeLessThanOrEqual(25);
  });
});

test('a page whose requests were in flight at a rotation waits for no write', async () => {
  const here = world.at('here');
  const keys = someKeys();
  const gateway = () => storedStrategy(createKvStore(here.namespace), keys, sessionSettings({ store: 'kv' }));
  const begun = await gateway().begin(beginningOf(now()));
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  const ask = (value: string) =>
    gateway().authenticate(value, {
      now: now(),
      freshnessMs: 0,
      touch: true,
      safeMethod: true,
      client: () => someClient,
    });
  const renewed = async (value: string): Promise<string> => {
    const result = await ask(value);
    return (result.kind === 'active' && result.renewed) || value;
  };
  let [parent, value] = [begun.value, begun.value];
  for (let i = 0; i < 3; i++) {
    pass(20 * 60_000);
    parent = value;
    value = await renewed(value);
  }
  // An hour has passed: the last answer brought the next secret, whose first use replaces the parent.
  await renewed(value);
  pass(5_000);
  const writesBefore = world.accepted.length;
  const results: { readonly kind: string }[] = [];
  const took = await tookMs(async () => {
    results.push(...(await Promise.all(Array.from({ length: 30 }, () => ask(parent)))));
  });
  expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['active']));
  expect([world.accepted.length - writesBefore, took]).toEqual([0, 0]);
});
