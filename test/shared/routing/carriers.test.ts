import { describe, expect, it } from 'vitest';
import type { AffinityBy } from '../../../shared/config/settings.ts';
import { createSealer } from '../../../shared/crypto/seal.ts';
import { surveyOf } from '../../../shared/http/survey.ts';
import { createAffinity } from '../../../shared/routing/affinity.ts';
import { carrierFor } from '../../../shared/routing/carriers.ts';
import { createPins, type Pin } from '../../../shared/routing/pin.ts';
import { freshKeys } from '../../../tools/keys.ts';
import { noon } from './pools.ts';

const seal = (await freshKeys()).keys
  .filter(({ purpose }) => purpose === 'seal')
  .map((jwk) => ({ kid: jwk.kid as string, alg: 'A256GCM' as const, jwk: jwk as JsonWebKey }));
const pins = createPins(createSealer(seal));
const app = { id: 'app' };

const pinTo = (origin: string, more: Partial<Pin> = {}): Pin => ({
  pool: 'app',
  arm: null,
  origin,
  epoch: 1,
  issuedAt: noon,
  idleEndsAt: null,
  absoluteEndsAt: noon + 1_000_000,
  revision: 'r',
  controlRevision: 0,
  ...more,
});

/** A request and its reply, with the gateway between them. */
function turn(by: AffinityBy, headers: Record<string, string> = {}, family: string | null = null, now = noon) {
  const request = new Headers(headers);
  const carrier = carrierFor(by);
  const carriers = new Map(carrier ? [['app', carrier]] : []);
  const affinity = createAffinity({
    pins,
    restores: true,
    carriers,
    request: surveyOf(request),
    session: { provenFamily: async () => family },
    now,
  });
  return {
    settleEnded: (reply: Headers) => affinity.settleEnded(reply),
    origin: async () => (await affinity.reading(app)) as { kind: string; pin?: Pin },
    /** The header that the origin is sent. */
    sent: async (name: string) => (await affinity.restored(request)).get(name),
    /** The reply to the client, when this origin has served and issued what stands in `reply`. */
    async replied(
      reply: HeadersInit,
      due: Pin | null,
      here: Pin = pinTo('eu'),
      familyAfterwards = family,
    ): Promise<Headers> {
      const fresh = new Headers(reply);
      affinity.keep(app, { due, here });
      await affinity.settle({ headers: fresh }, familyAfterwards);
      return fresh;
    },
  };
}

const pinHeader: AffinityBy = { kind: 'header', name: 'X-Affinity', value: 'pin' };
const wrapHeader: AffinityBy = { kind: 'header', name: 'Mcp-Session-Id', value: 'wrap' };
const appCookie: AffinityBy = { kind: 'origin-cookie', name: 'JSESSIONID' };

describe('a pin in a cookie', () => {
  it('has the attributes that the configuration gives it, and is taken away with the same', async () => {
    const by: AffinityBy = {
      kind: 'cookie',
      name: '__Secure-berth',
      domain: 'shop.example',
      sameSite: 'None',
      partitioned: true,
      persistent: true,
    };
    const [line] = (await turn(by).replied({}, pinTo('us', { absoluteEndsAt: noon + 90_500 }))).getSetCookie();
    expect(line).toMatch(
      /^__Secure-berth=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=None; Domain=shop\.example; Max-Age=90; Partitioned$/,
    );
    const reply = new Headers();
    await turn(by).settleEnded(reply);
    const lines = reply.getSetCookie();
    expect(lines.at(-1)).toBe(
      '__Secure-berth=; Path=/; Secure; HttpOnly; SameSite=None; Domain=shop.example; Max-Age=0; Partitioned',
    );
    expect(lines.slice(0, -1)).toEqual([
      '__Secure-berth=; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=0',
      '__Secure-berth=; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=0; Partitioned',
      '__Secure-berth=; Path=/; Secure; HttpOnly; SameSite=None; Domain=shop.example; Max-Age=0',
    ]);
    expect(reply.get('cache-control')).toBe('private, no-store');
  });
});

describe('several pins', () => {
  const by: AffinityBy = {
    ...{ kind: 'cookie', name: '__Host-affinity', domain: null, sameSite: 'Lax' },
    ...{ partitioned: true, persistent: false },
  };
  const pinned = async (pin: Pin, family: string | null = null): Promise<string> => {
    const [line = ''] = (await turn(by, {}, family).replied({}, pin)).getSetCookie();
    return line.slice(line.indexOf('=') + 1, line.indexOf(';'));
  };
  const cookieOf = (...values: string[]) => ({ cookie: values.map((value) => `__Host-affinity=${value}`).join('; ') });

  it('the first that is valid counts, and of the others what can still be read', async () => {
    const [eu, us] = [await pinned(pinTo('eu')), await pinned(pinTo('us'))];
    const old = await pinned(pinTo('ap', { absoluteEndsAt: noon }));
    const foreign = await pinned(pinTo('ap'), 'family-1');
    const originOf = async (...values: string[]) => {
      const { kind, pin } = await turn(by, cookieOf(...values)).origin();
      return [kind, pin?.origin];
    };
    expect(await originOf(eu, us)).toEqual(['valid', 'eu']);
    expect(await originOf('x', foreign, old, us)).toEqual(['valid', 'us']);
    expect(await originOf('x', old, foreign)).toEqual(['expired', 'ap']);
    expect(await originOf('x', foreign)).toEqual(['forged', undefined]);
  });

  it('are replaced by one, and a kept one is left as it is', async () => {
    const values = [await pinned(pinTo('eu')), await pinned(pinTo('us'))];
    expect([...(await turn(by, cookieOf(...values)).replied({}, null))]).toEqual([]);
    const lines = (await turn(by, cookieOf(...values)).replied({}, pinTo('us'))).getSetCookie();
    expect(lines).toEqual([
      '__Host-affinity=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0',
      expect.stringMatching(/^__Host-affinity=[\w-]{43,}; Path=\/; Secure; HttpOnly; SameSite=Lax; Partitioned$/),
    ]);
  });
});

describe('a pin in a header', () => {
  it('goes out when it changes and comes back', async () => {
    const reply = await turn(pinHeader).replied({}, pinTo('us'));
    expect(reply.get('cache-control')).toBe('private, no-store');
    const next = turn(pinHeader, { 'x-affinity': reply.get('x-affinity') as string });
    expect(await next.origin()).toMatchObject({ kind: 'valid', pin: { origin: 'us' } });
    expect((await next.replied({}, null)).has('x-affinity')).toBe(false);
  });

  it('is void with another session, and sealed anew when its own begins', async () => {
    const held = (await turn(pinHeader).replied({}, pinTo('us'))).get('x-affinity') as string;
    expect((await turn(pinHeader, { 'x-affinity': held }, 'family-1').origin()).kind).toBe('forged');
    const login = turn(pinHeader, { 'x-affinity': held });
    const after = (await login.replied({}, null, pinTo('us'), 'family-1')).get('x-affinity') as string;
    expect(await turn(pinHeader, { 'x-affinity': after }, 'family-1').origin()).toMatchObject({
      pin: { origin: 'us' },
    });
  });

  it('says nothing when it was made up or came twice', async () => {
    expect((await turn(pinHeader, { 'x-affinity': 'a'.repeat(60) }).origin()).kind).toBe('forged');
    expect((await turn(pinHeader, { 'x-affinity': 'a, b' }).origin()).kind).toBe('forged');
    expect((await turn(pinHeader).origin()).kind).toBe('none');
  });
});

describe('an id of the origin, wrapped', () => {
  const issue = async (id = 'id-1', here = pinTo('us')): Promise<string> =>
    (await turn(wrapHeader).replied({ 'mcp-session-id': id }, pinTo('us'), here)).get('mcp-session-id') as string;

  it('leads its client back, and reaches the origin as it was issued', async () => {
    const wrapped = await issue();
    expect(wrapped.startsWith('id-1~')).toBe(true);
    const next = turn(wrapHeader, { 'mcp-session-id': wrapped });
    expect(await next.origin()).toMatchObject({ kind: 'valid', pin: { origin: 'us' } });
    expect(await next.sent('mcp-session-id')).toBe('id-1');
  });

  it.each(['id~with~marks', '!#$%&*+-.^_|~', 'x', 'y'.repeat(1_024)])('is restored byte for byte: %s', async (id) => {
    expect(await turn(wrapHeader, { 'mcp-session-id': await issue(id) }).sent('mcp-session-id')).toBe(id);
  });

  it('passes as it came when it is not one of ours', async () => {
    const wrapped = await issue();
    const [, pin] = wrapped.split('~') as [string, string];
    for (const foreign of ['id-1', 'id-1~', '~', `~${pin}`, `id-2~${pin}`, `id-1~${'A'.repeat(300)}`, `${wrapped}x`]) {
      const next = turn(wrapHeader, { 'mcp-session-id': foreign });
      expect(await next.sent('mcp-session-id')).toBe(foreign);
      expect((await next.origin()).pin).toBeUndefined();
    }
  });

  it('is the very same text when the origin repeats it and nothing has changed', async () => {
    const wrapped = await issue();
    const next = turn(wrapHeader, { 'mcp-session-id': wrapped });
    expect((await next.replied({ 'mcp-session-id': 'id-1' }, null)).get('mcp-session-id')).toBe(wrapped);
    expect((await turn(wrapHeader, { 'mcp-session-id': wrapped }).replied({}, null)).has('mcp-session-id')).toBe(false);
  });

  it('leads to the origin that issued it, though the pin stays elsewhere', async () => {
    const next = turn(wrapHeader, { 'mcp-session-id': await issue() });
    const reply = await next.replied({ 'mcp-session-id': 'id-9' }, null, pinTo('ap'));
    const after = turn(wrapHeader, { 'mcp-session-id': reply.get('mcp-session-id') as string });
    expect(await after.origin()).toMatchObject({ pin: { origin: 'ap' } });
  });

  it('is told anew when the pin moves', async () => {
    const next = turn(wrapHeader, { 'mcp-session-id': await issue() });
    const moved = (await next.replied({}, pinTo('ap'))).get('mcp-session-id') as string;
    const after = turn(wrapHeader, { 'mcp-session-id': moved });
    expect(await after.origin()).toMatchObject({ pin: { origin: 'ap' } });
    expect(await after.sent('mcp-session-id')).toBe('id-1');
  });

  it('keeps its pin through a login, because nobody but the origin can issue another', async () => {
    const wrapped = await issue();
    const withSession = turn(wrapHeader, { 'mcp-session-id': wrapped }, 'family-1');
    expect(await withSession.origin()).toMatchObject({ kind: 'valid' });
  });

  it('is still taken apart when its pin has expired', async () => {
    const late = turn(wrapHeader, { 'mcp-session-id': await issue() }, null, noon + 2_000_000);
    expect((await late.origin()).kind).toBe('expired');
    expect(await late.sent('mcp-session-id')).toBe('id-1');
  });
});

describe("the application's own cookie", () => {
  const lines = async (...cookies: string[]): Promise<string[]> =>
    (
      await turn(appCookie).replied(
        cookies.map((line) => ['set-cookie', line]) as [string, string][],
        pinTo('us'),
        pinTo('us'),
      )
    ).getSetCookie();
  const valueIn = (line: string): string => line.slice(line.indexOf('=') + 1).split(';')[0] as string;
  const held = async (value: string): Promise<string> => valueIn((await lines(`JSESSIONID=${value}`))[0] as string);

  it('is extended on the way out, its attributes and all other cookies untouched', async () => {
    const rest = '; Path=/shop; expires=Thu, 31 Dec 2037 23:59:59 GMT;HttpOnly;  SameSite=None; Custom="x;"';
    const [first, extended, last] = await lines('a=1; Path=/', `JSESSIONID=AB.node1${rest}`, 'JSESSIONIDX=2');
    expect([first, last]).toEqual(['a=1; Path=/', 'JSESSIONIDX=2']);
    expect(extended?.startsWith('JSESSIONID=AB.node1~')).toBe(true);
    expect(extended?.endsWith(rest)).toBe(true);
  });

  it.each(['AB.node1', '"quoted value"', 'a~b~c', 'with=equals==', "it's, odd"])(
    'is restored byte for byte on the way in: %s',
    async (value) => {
      const cookie = `x=1;  JSESSIONID=${await held(value)};y="2"`;
      const next = turn(appCookie, { cookie });
      expect(await next.origin()).toMatchObject({ kind: 'valid', pin: { origin: 'us' } });
      expect(await next.sent('cookie')).toBe(`x=1;  JSESSIONID=${value};y="2"`);
    },
  );

  it('is restored wherever it stands, for each path, and in lines that a host has joined', async () => {
    const [one, two] = [await held('A1'), await held('B2')];
    const joined = turn(appCookie, {
      cookie: `JSESSIONID=${one}; JSESSIONID=${two}, JSESSIONID=${one}; z=JSESSIONID=${one}`,
    });
    expect(await joined.sent('cookie')).toBe(`JSESSIONID=A1; JSESSIONID=B2, JSESSIONID=A1; z=JSESSIONID=${one}`);
  });

  it('is found and restored in front of a line that a host has joined to its own by a comma', async () => {
    const value = await held('A1, odd');
    const next = turn(appCookie, { cookie: `x=1; JSESSIONID=${value}, b=2; c=3` });
    expect(await next.origin()).toMatchObject({ kind: 'valid', pin: { origin: 'us' } });
    expect(await next.sent('cookie')).toBe('x=1; JSESSIONID=A1, odd, b=2; c=3');
  });

  it.each([
    'JSESSIONID=; Path=/',
    'JSESSIONID=AB; Max-Age=0',
    'JSESSIONID=AB; max-age=-1; Expires=Thu, 31 Dec 2037 23:59:59 GMT',
    'JSESSIONID=AB; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
  ])('passes when it is taken away: %s', async (line) => {
    expect(await lines(line)).toEqual([line]);
  });

  it('passes as it came when it is foreign, or too long for browsers to keep', async () => {
    const [, pin] = (await held('A1')).split('~') as [string, string];
    for (const foreign of ['A1', `A2~${pin}`, `A1~${pin}x`, `~${pin}`]) {
      expect(await turn(appCookie, { cookie: `JSESSIONID=${foreign}` }).sent('cookie')).toBe(`JSESSIONID=${foreign}`);
    }
    const long = `JSESSIONID=${'x'.repeat(4_000)}; Path=/`;
    expect(await lines(long)).toEqual([long]);
  });

  it('is the very same text when the application sets it again', async () => {
    const value = await held('A1');
    const next = turn(appCookie, { cookie: `JSESSIONID=${value}` });
    const reply = await next.replied({ 'set-cookie': 'JSESSIONID=A1; Max-Age=60' }, null);
    expect(reply.getSetCookie()).toEqual([`JSESSIONID=${value}; Max-Age=60`]);
  });

  it('does not take long to look through, whatever is in the header', async () => {
    const startedAt = performance.now();
    for (const filling of ['JSESSIONID=,', 'JSESSIONID=a~', ',', ';', '~', 'JSESSIONID=~~;']) {
      await turn(appCookie, { cookie: filling.repeat(Math.floor(32_000 / filling.length)) }).sent('cookie');
    }
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('stays in the client after a logout, as does nothing of ours', async () => {
    const next = turn(appCookie, { cookie: `JSESSIONID=${await held('A1')}` }, 'family-1');
    const reply = new Headers();
    await next.settleEnded(reply);
    expect([...reply]).toEqual([]);
  });
});

describe('a way without a pin', () => {
  it.each<AffinityBy>([
    { kind: 'header', name: 'X-Session-ID', value: 'hash' },
    { kind: 'ip', ipv4Prefix: 24, ipv6Prefix: 56 },
    { kind: 'session' },
    { kind: 'off' },
  ])('writes nothing and changes nothing: %j', async (by) => {
    const next = turn(by, { 'x-session-id': 'mine', cookie: 'a=b' });
    expect((await next.origin()).kind).toBe('none');
    expect(await next.sent('x-session-id')).toBe('mine');
    expect([...(await next.replied({}, pinTo('us')))]).toEqual([]);
  });
});
