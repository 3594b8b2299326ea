import { describe, expect, it } from 'vitest';
import type { AffinityBy } from '../../../../../shared/config/settings.ts';
import { createSealer } from '../../../../../shared/crypto/seal.ts';
import { listHeaders, readHeaders } from '../../../../../shared/http/header-snapshot.ts';
import type { Pin } from '../../../../../shared/routing/pins/pin.ts';
import { createRequestPins } from '../../../../../shared/routing/pins/request-pins.ts';
import { createPins, type Pins } from '../../../../../shared/routing/pins/sealed-pins.ts';
import { createRestoring } from '../../../../../shared/routing/pins/transports/restoring.ts';
import { transportFor } from '../../../../../shared/routing/pins/transports/transports.ts';
import { freshKeys } from '../../../../../tools/keys.ts';
import { ap, eu, noon, poolOf, us } from '../../../../support/pools.ts';

const freshSealer = async () =>
  createSealer(
    (await freshKeys()).keys
      .filter(({ purpose }) => purpose === 'seal')
      .map((jwk) => ({ kid: jwk.kid as string, alg: 'A256GCM' as const, jwk: jwk as JsonWebKey })),
  );
const sealer = await freshSealer();
const pins = createPins(sealer);
/** Of a gateway that has lost the keys, or of another one. */
const others = createPins(await freshSealer());
const app = { id: 'app' };
const pools = [poolOf([eu, us, ap])];

const pinTo = (origin: string, more: Partial<Pin> = {}): Pin => ({
  pool: 'app',
  branch: null,
  origin,
  epoch: 1,
  issuedAt: noon,
  idleEndsAt: null,
  absoluteEndsAt: noon + 1_000_000,
  revision: '0123456789abcdef',
  controlRevision: 0,
  ...more,
});

interface Given {
  readonly keys?: Pins;
  readonly path?: string;
}

/** A request and its reply, with the gateway between them. */
function turn(
  by: AffinityBy,
  headers: Record<string, string> = {},
  sessionId: string | null = null,
  now = noon,
  { keys = pins, path = '/shop/cart' }: Given = {},
) {
  const request = new Headers(headers);
  const carrier = transportFor(by);
  const carriers = new Map(carrier ? [['app', carrier]] : []);
  const affinity = createRequestPins({
    pins: keys,
    wraps: true,
    restoring: createRestoring(pools, new Set(carrier ? [carrier.label] : [])),
    transports: carriers,
    request: readHeaders(request),
    path,
    session: { provenSessionId: async () => sessionId },
    now,
  });
  return {
    settleEnded: (reply: Headers) => affinity.clearPins(reply),
    reaches: async (reply: HeadersInit) => {
      await affinity.read(app);
      return affinity.reachesClient(app, new Headers(reply));
    },
    origin: async () => (await affinity.read(app)) as { kind: string; pin?: Pin },
    /** The header that the origin is sent. */
    sent: async (name: string) => (await affinity.restoreValues(request)).get(name),
    /** The reply to the client, when this origin has served and issued what stands in `reply`. */
    async replied(
      reply: HeadersInit,
      replacement: Pin | null,
      toServer: Pin = pinTo('eu'),
      sessionIdAfterReply = sessionId,
    ): Promise<Headers> {
      const fresh = new Headers(reply);
      affinity.onReply(listHeaders(fresh));
      affinity.record(app, { replacement, toServer });
      await affinity.writePins({ headers: fresh }, sessionIdAfterReply);
      return fresh;
    },
  };
}

const pinHeader: AffinityBy = { kind: 'header', name: 'X-Affinity', value: 'pin' };
const wrapHeader: AffinityBy = { kind: 'header', name: 'Mcp-Session-Id', value: 'wrap' };
const appCookie: AffinityBy = { kind: 'origin-cookie', name: 'JSESSIONID' };
const byCookie: AffinityBy = {
  kind: 'cookie',
  name: '__Host-affinity',
  domain: null,
  sameSite: 'Lax',
  partitioned: false,
  persistent: false,
};

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
  const pinned = async (pin: Pin, sessionId: string | null = null): Promise<string> => {
    const [line = ''] = (await turn(by, {}, sessionId).replied({}, pin)).getSetCookie();
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
    for (const foreign of ['id-1', 'id-1~', '~', `~${pin}`, `id-1~${'A'.repeat(300)}`, `${wrapped}x`]) {
      const next = turn(wrapHeader, { 'mcp-session-id': foreign });
      expect(await next.sent('mcp-session-id')).toBe(foreign);
      expect((await next.origin()).pin).toBeUndefined();
    }
  });

  it('is taken apart by its form, though no key opens it and whatever the affinity is by now', async () => {
    const wrapped = await issue();
    const made = `id-2${wrapped.slice(wrapped.indexOf('~'))}`;
    for (const by of [wrapHeader, pinHeader, appCookie, byCookie]) {
      for (const [header, id] of [
        [wrapped, 'id-1'],
        [made, 'id-2'],
      ] as const) {
        const next = turn(by, { 'mcp-session-id': header }, null, noon, { keys: others });
        expect(await next.sent('mcp-session-id')).toBe(id);
        expect((await next.origin()).pin).toBeUndefined();
      }
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
    expect(await joined.sent('cookie')).toBe('JSESSIONID=A1; JSESSIONID=B2, JSESSIONID=A1; z=JSESSIONID=A1');
  });

  it('is restored where a client has put quotes around all of it', async () => {
    const next = turn(appCookie, { cookie: `JSESSIONID="${await held('A1')}"` });
    expect(await next.origin()).toMatchObject({ kind: 'valid', pin: { origin: 'us' } });
    expect(await next.sent('cookie')).toBe('JSESSIONID="A1"');
  });

  it('is restored though no key opens it and whatever the affinity is by now', async () => {
    const cookie = `a="1"; JSESSIONID=${await held('A1')}; PHPSESSID=p${(await held('x')).slice(1)} ;b=~2`;
    for (const by of [appCookie, byCookie, wrapHeader]) {
      const next = turn(by, { cookie }, null, noon, { keys: others });
      expect(await next.sent('cookie')).toBe('a="1"; JSESSIONID=A1; PHPSESSID=p ;b=~2');
      expect((await next.origin()).pin).toBeUndefined();
    }
  });

  it('grows by the same whatever is in the pin, so that its form can be known', async () => {
    const long = 'x'.repeat(32);
    for (const here of [
      pinTo('us'),
      pinTo(long, { pool: long, branch: long, epoch: 999_999_999, controlRevision: 2 ** 52 }),
    ]) {
      for (const path of ['/', `/${'folder/'.repeat(40)}`]) {
        const reply = await turn(appCookie).replied({ 'set-cookie': `JSESSIONID=A1; Path=${path}` }, here, here);
        expect(valueIn(reply.getSetCookie()[0] as string)).toMatch(/^A1~b1\.[\w-]{512}$/);
      }
    }
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
    for (const foreign of ['A1', `A1~${pin}x`, `~${pin}`, `A1~${pin} B`, `A1~${pin}"`, `A1~${pin},B`, `A1~${pin}~`]) {
      expect(await turn(appCookie, { cookie: `JSESSIONID=${foreign}` }).sent('cookie')).toBe(`JSESSIONID=${foreign}`);
    }
    const long = `JSESSIONID=${'x'.repeat(4_000)}; Path=/`;
    expect(await lines(long)).toEqual([long]);
  });

  it('is the very same text when the application sets it again', async () => {
    const value = await held('A1');
    const next = turn(appCookie, { cookie: `JSESSIONID=${value}` }, null, noon, { path: '/shop/other' });
    const reply = await next.replied({ 'set-cookie': 'JSESSIONID=A1' }, null);
    expect(reply.getSetCookie()).toEqual([`JSESSIONID=${value}`]);
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

describe("the application's own cookie, after a move", () => {
  const attributes = '; Path=/shop; Domain=shop.example; Secure; HttpOnly; SameSite=Lax; Partitioned; Priority=High';
  const issue = async (line: string, path = '/shop/cart'): Promise<string> => {
    const reply = await turn(appCookie, {}, null, noon, { path }).replied(
      { 'set-cookie': line },
      pinTo('us'),
      pinTo('us'),
    );
    return (reply.getSetCookie()[0] as string).split(/[=;]/)[1] as string;
  };
  /** What the client is told by an application that says nothing of its cookie. */
  const told = async (
    line: string,
    { reply = {}, later = 0, path = '/shop/cart', due = pinTo('ap') as Pin | null } = {},
  ) => {
    const next = turn(appCookie, { cookie: `JSESSIONID=${await issue(line, path)}` }, null, noon + later);
    const after = await next.replied(reply as HeadersInit, due, pinTo('ap'));
    const [first] = after.getSetCookie();
    return {
      after,
      line: first?.replace(/~b1\.[\w-]{512}/, '~') ?? null,
      value: first?.split(/[=;]/)[1] ?? '',
      reaches: await next.reaches(reply),
    };
  };

  it('is set again with the new pin, the value and the attributes that the application gave it', async () => {
    const { after, line, value, reaches } = await told(`JSESSIONID=A1${attributes}`);
    expect(line).toBe(`JSESSIONID=A1~${attributes}`);
    expect(after.get('cache-control')).toBe('private, no-store');
    expect(reaches).toBe(true);
    const next = turn(appCookie, { cookie: `JSESSIONID=${value}` });
    expect(await next.origin()).toMatchObject({ kind: 'valid', pin: { origin: 'ap' } });
    expect(await next.sent('cookie')).toBe('JSESSIONID=A1');
    // And with it once more.
    const again = await next.replied({}, pinTo('eu'));
    expect(again.getSetCookie()[0]?.endsWith(`~${attributes}`.slice(1))).toBe(true);
  });

  it.each([
    [
      'JSESSIONID=A1; Max-Age=3600',
      600_000,
      'JSESSIONID=A1~; Path=/shop; Expires=Thu, 15 Jan 2026 13:00:00 GMT; Max-Age=3000',
    ],
    [
      'JSESSIONID=A1; expires=Thu, 15-Jan-2026 12:30:00 GMT; path=/',
      600_000,
      'JSESSIONID=A1~; Path=/; Expires=Thu, 15 Jan 2026 12:30:00 GMT; Max-Age=1200',
    ],
    [
      'JSESSIONID=A1; Max-Age=60; Expires=Fri, 16 Jan 2026 12:00:00 GMT; Max-Age=7200; Path=/',
      0,
      'JSESSIONID=A1~; Path=/; Expires=Thu, 15 Jan 2026 14:00:00 GMT; Max-Age=7200',
    ],
    ['JSESSIONID=A1; Max-Age=99999999999999; Path=/', 0, /Expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=\d{12}$/],
  ])('ends at the moment at which it would have ended: %s', async (line, later, expected) => {
    const said = await told(line, { later });
    if (typeof expected === 'string') expect(said.line).toBe(expected);
    else expect(said.line).toMatch(expected);
  });

  it('is not set again when it has ended', async () => {
    const { line, reaches } = await told('JSESSIONID=A1; Max-Age=60', { later: 60_000 });
    expect([line, reaches]).toEqual([null, false]);
  });

  it('belongs to the folder that it was set from where the application named no path', async () => {
    expect((await told('JSESSIONID=A1', { path: '/shop/cart/' })).line).toBe('JSESSIONID=A1~; Path=/shop/cart');
    expect((await told('JSESSIONID=A1; Path=shop', { path: '/index' })).line).toBe('JSESSIONID=A1~; Path=/');
    expect((await told('JSESSIONID=A1', { path: '/shop;jsessionid=A1/cart' })).line).toBe(null);
  });

  it.each([
    ['an end that cannot be read', 'JSESSIONID=A1; Expires=tomorrow'],
    ['another one', 'JSESSIONID=A1; Max-Age=1h'],
    ['attributes that are too long', `JSESSIONID=A1; Path=/${'x'.repeat(400)}`],
    ['attributes in other letters', 'JSESSIONID=A1; Path=/caf\u00e9'],
  ])('is not set again after %s, and leads back all the same', async (_, line) => {
    expect(await told(line)).toMatchObject({ line: null, reaches: false });
    const next = turn(appCookie, { cookie: `JSESSIONID=${await issue(line)}` });
    expect(await next.origin()).toMatchObject({ kind: 'valid', pin: { origin: 'us' } });
  });

  it('is left alone when the pin stays, and by a reply that takes all cookies away', async () => {
    expect((await told('JSESSIONID=A1; Path=/', { due: null })).line).toBe(null);
    const reply = { 'clear-site-data': '"cache", "cookies"' };
    expect(await told('JSESSIONID=A1; Path=/', { reply })).toMatchObject({ line: null, reaches: false });
  });

  it.each(['JSESSIONID=B2; Path=/', 'JSESSIONID=; Path=/; Max-Age=0', 'JSESSIONID=A1; Path=/other'])(
    'is what the application makes of it: %s',
    async (line) => {
      const { after, reaches } = await told('JSESSIONID=A1; Path=/', { reply: { 'set-cookie': line } });
      expect(after.getSetCookie().map((one) => one.replace(/~b1\.[\w-]{512}/, ''))).toEqual([line]);
      expect(after.has('cache-control')).toBe(false);
      expect(reaches).toBe(true);
    },
  );

  it('is sealed with what the application says of it last', async () => {
    const first = await issue('JSESSIONID=A1; Path=/; Max-Age=60');
    const rolled = turn(appCookie, { cookie: `JSESSIONID=${first}` }, null, noon + 30_000);
    const [line] = (await rolled.replied({ 'set-cookie': 'JSESSIONID=A1; Path=/; Max-Age=60' }, null)).getSetCookie();
    const later = turn(appCookie, { cookie: `JSESSIONID=${line?.split(/[=;]/)[1]}` }, null, noon + 80_000);
    expect(await later.origin()).toMatchObject({ pin: { origin: 'us' } });
    expect((await later.replied({}, pinTo('ap'))).getSetCookie()[0]).toMatch(/; Path=\/; Expires=[^;]*; Max-Age=10$/);
  });
});

describe('an application that sets its cookie with every reply', () => {
  const rolled = async (more: string, laterMs: number): Promise<string> => {
    const line = `JSESSIONID=A1; Path=/${more}`;
    const first = await turn(appCookie).replied({ 'set-cookie': line }, pinTo('us'), pinTo('us'));
    const [before = ''] = first.getSetCookie();
    const next = turn(appCookie, { cookie: before.split(';')[0] as string }, null, noon + laterMs);
    const [after] = (await next.replied({ 'set-cookie': line }, null)).getSetCookie();
    return after === before ? 'the same' : 'sealed anew';
  };

  it.each([
    ['', 900_000, 'the same'],
    ['; Max-Age=1800', 59_000, 'the same'],
    ['; Max-Age=1800', 61_000, 'sealed anew'],
    ['; Max-Age=60', 2_000, 'the same'],
    ['; Max-Age=60', 4_000, 'sealed anew'],
    ['; Expires=Thu, 15 Jan 2026 13:00:00 GMT', 600_000, 'the same'],
  ])('is given the same text for a while, and then another: %s, %i ms later', async (more, laterMs, expected) => {
    expect(await rolled(more, laterMs)).toBe(expected);
  });
});

describe('a pin behind a value, from the version before', () => {
  const older = async (pin: Pin, tie: string): Promise<string> => pins.seal(pin, tie);
  const tie = 'origin cookie JSESSIONID A1';

  it('leads back and is taken off; a move is not told, because nothing says how the cookie was set', async () => {
    const text = await older(pinTo('us'), tie);
    expect(text.length).toBeLessThan(200);
    const next = turn(appCookie, { cookie: `JSESSIONID=A1~${text}; b=2` });
    expect(await next.origin()).toMatchObject({ kind: 'valid', pin: { origin: 'us' } });
    expect(await next.sent('cookie')).toBe('JSESSIONID=A1; b=2');
    expect(await next.reaches({})).toBe(false);
    expect((await next.replied({}, pinTo('ap'))).getSetCookie()).toEqual([]);
  });

  it('is written in the new form when the application sets its cookie again', async () => {
    const next = turn(appCookie, { cookie: `JSESSIONID=A1~${await older(pinTo('us'), tie)}` });
    const [line] = (await next.replied({ 'set-cookie': 'JSESSIONID=A1; Path=/' }, null, pinTo('ap'))).getSetCookie();
    expect(line).toMatch(/^JSESSIONID=A1~b1\.[\w-]{512}; Path=\/$/);
    const after = turn(appCookie, { cookie: (line as string).split(';')[0] as string });
    expect(await after.origin()).toMatchObject({ pin: { origin: 'us' } });
  });

  it('is taken off where a key opens it, whatever the affinity is by now', async () => {
    const cookie = `JSESSIONID=A1~${await older(pinTo('mars'), tie)}`;
    expect(await turn(byCookie, { cookie }).sent('cookie')).toBe('JSESSIONID=A1');
    const id = `id-1~${await older(pinTo('us'), 'wrapped header mcp-session-id id-1')}`;
    expect(await turn(byCookie, { 'mcp-session-id': id }).sent('mcp-session-id')).toBe('id-1');
  });

  it('is taken off by its length and alphabet where no key opens it, from a value that the configuration names', async () => {
    for (const more of [{}, { branch: 'app' }, { epoch: 12, controlRevision: 345 }]) {
      for (const origin of ['eu', 'us', 'ap']) {
        const text = await older(pinTo(origin, more), tie);
        const next = turn(appCookie, { cookie: `JSESSIONID=A1~${text}` }, null, noon, { keys: others });
        expect(await next.sent('cookie')).toBe('JSESSIONID=A1');
      }
    }
  });

  it('is never seen in a value of the application that looks a little like it', async () => {
    const text = await older(pinTo('us'), tie);
    const values = [
      `JSESSIONID=A1~${text.slice(0, 60)}`,
      `JSESSIONID=A1~${'A'.repeat(300)}`,
      `JSESSIONID=A1~${text}.x`,
      `JSESSIONID=A1~${text}=`,
      `theme=A1~${text}`,
      `JSESSIONID=A1~b1.${'A'.repeat(511)}`,
      `JSESSIONID=A1~b1.${'A'.repeat(513)}`,
      `JSESSIONID=A1~b2.${'A'.repeat(512)}`,
      `JSESSIONID=A1~b1.${'A'.repeat(511)}+`,
      `~b1.${'A'.repeat(512)}`,
      `JSESSIONID=~b1.${'A'.repeat(512)}`,
    ];
    for (const cookie of values) {
      expect(await turn(appCookie, { cookie }, null, noon, { keys: others }).sent('cookie')).toBe(cookie);
    }
  });
});

describe('a gateway of this kind behind this one', () => {
  const inner = async (): Promise<string> =>
    (
      await turn(appCookie, {}, null, noon, { keys: others }).replied(
        { 'set-cookie': 'JSESSIONID=A1; Path=/' },
        pinTo('us'),
      )
    )
      .getSetCookie()
      .join();
  const innerHeader = async (): Promise<string> =>
    (await turn(wrapHeader, {}, null, noon, { keys: others }).replied({ 'mcp-session-id': 'id-1' }, pinTo('us'))).get(
      'mcp-session-id',
    ) as string;

  it.each([appCookie, byCookie, wrapHeader, { kind: 'origin-cookie', name: 'OTHER' } as const])(
    'gets its cookie back as it wrote it, pin and all: %j',
    async (by) => {
      const line = await inner();
      const out = await turn(by).replied({ 'set-cookie': line }, null);
      const [held = ''] = out.getSetCookie();
      expect(held).not.toBe(line);
      expect(held.endsWith('; Path=/')).toBe(true);
      const next = turn(by, { cookie: held.split(';')[0] as string });
      expect(await next.sent('cookie')).toBe(line.split(';')[0]);
    },
  );

  it.each([wrapHeader, byCookie, appCookie])('gets the id in its header back: %j', async (by) => {
    const value = await innerHeader();
    const held = (await turn(by).replied({ 'mcp-session-id': value }, null)).get('mcp-session-id') as string;
    expect(held).not.toBe(value);
    expect(await turn(by, { 'mcp-session-id': held }).sent('mcp-session-id')).toBe(value);
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
