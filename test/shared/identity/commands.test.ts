import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Commands, Route } from '../../../shared/config/settings.ts';
import { listHeaders } from '../../../shared/http/header-snapshot.ts';
import { type CommandedReply, createCommandReader, type ReadCommands } from '../../../shared/identity/commands.ts';
import { everyCommand, routeWith, settingsFor } from '../../support/proxy-settings.ts';

const now = Date.parse('2026-03-01T12:00:00Z');
const seconds = now / 1000;
const requestId = 'request-0001';
const secret = 'origin-token-0123456789';

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const json = (value: unknown): string => base64url(JSON.stringify(value));
const withToken: Commands = { proof: { kind: 'token', token: secret }, may: everyCommand, claims: null };

type Lines = readonly (readonly [name: string, value: string])[];
type Given = Partial<{ commands: Commands | null; route: Partial<Route>; status: number; proved: boolean }>;

async function read(lines: Lines, given: Given = {}): Promise<ReadCommands> {
  const {
    commands = withToken,
    route = { issues: true },
    status = 200,
    proved = commands?.proof.kind === 'token',
  } = given;
  const settings = settingsFor(commands ? { commands } : {});
  const headers = new Headers();
  if (proved) headers.append('Session-Origin-Token', secret);
  for (const [name, value] of lines) headers.append(name, value);
  const pool = settings.pools.get('app') as CommandedReply['pool'];
  return createCommandReader(settings)({
    headers,
    names: listHeaders(headers).names,
    status,
    pool,
    route: routeWith(route),
    requestId,
    now,
  });
}

const nothingElse = { issue: null, update: null, rotate: false, end: null, ignored: [] };

test('a reply without commands costs no wait', () => {
  const settings = settingsFor({ commands: withToken });
  const pool = settings.pools.get('app') as CommandedReply['pool'];
  const headers = new Headers({ 'session-origin-token': secret, 'content-type': 'text/html' });
  const reading = createCommandReader(settings)({
    headers,
    names: listHeaders(headers).names,
    status: 200,
    pool,
    route: routeWith({}),
    requestId,
    now,
  });
  expect(reading).toEqual({ kind: 'none' });
});

describe('an origin that shows its token', () => {
  test('begins a session', async () => {
    const said = { sub: 'alice', claims: { role: 'admin' }, data: { cart: 3 }, amr: ['pwd'], acr: 'low' };
    expect(await read([['Session-Issue', json(said)]])).toEqual({
      kind: 'commands',
      ...nothingElse,
      issue: { subject: 'alice', claims: { role: 'admin' }, data: { cart: 3 }, amr: ['pwd'], acr: 'low', label: null },
    });
  });

  test('changes its data, on any route', async () => {
    const read1 = await read([['Session-Update', json({ cart: { items: 2 }, old: null })]], {
      route: { issues: false },
    });
    expect(read1).toEqual({ kind: 'commands', ...nothingElse, update: { cart: { items: 2 }, old: null } });
  });

  test('rotates it', async () => {
    expect(await read([['Session-Rotate', '?1']])).toEqual({ kind: 'commands', ...nothingElse, rotate: true });
    expect(await read([['Session-Rotate', '?0']])).toEqual({ kind: 'commands', ...nothingElse });
  });

  test.each(['current', 'others', 'all'])('ends it: %s', async (end) => {
    expect(await read([['Session-End', end]])).toEqual({ kind: 'commands', ...nothingElse, end });
  });

  test('does several things at once, also with a redirect', async () => {
    const lines: Lines = [
      ['Session-Issue', json({ sub: 'alice' })],
      ['Session-Update', json({ a: 1 })],
      ['Session-Rotate', '?1'],
      ['Session-End', 'others'],
    ];
    expect(await read(lines, { status: 303 })).toMatchObject({
      kind: 'commands',
      issue: { subject: 'alice' },
      update: { a: 1 },
      rotate: true,
      end: 'others',
      ignored: [],
    });
  });
});

describe('a command is ignored', () => {
  const end: Lines = [['Session-End', 'all']];

  test.each<[string, Lines, Given]>([
    ['without the token', end, { proved: false }],
    ['with a wrong token', [...end, ['Session-Origin-Token', `${secret}x`]], { proved: false }],
    ['with an empty token', [...end, ['Session-Origin-Token', '']], { proved: false }],
    ['with the token twice', [...end, ['Session-Origin-Token', secret]], {}],
    ['from a pool that has no commands', end, { commands: null, proved: true }],
    ['when the request failed', end, { status: 400 }],
    ['when the origin failed', end, { status: 500 }],
    ['from a cache', [...end, ['Age', '0']], {}],
    ['in a reply for everybody', [...end, ['Cache-Control', 'public, max-age=60']], {}],
    ['that is sent twice', [...end, ...end], {}],
    ['that the pool may not give', end, { commands: { ...withToken, may: ['update'] } }],
    [
      'that issues a session where none are issued',
      [['Session-Issue', json({ sub: 'a' })]],
      { route: { issues: false } },
    ],
  ])('%s', async (_, lines, given) => {
    expect(await read(lines, given)).toMatchObject({ kind: 'ignored' });
  });

  test('but not the logout beside it', async () => {
    const commands: Commands = { ...withToken, may: ['end'] };
    expect(await read([['Session-Update', json({ a: 1 })], ...end], { commands })).toEqual({
      kind: 'commands',
      ...nothingElse,
      end: 'all',
      ignored: ['Session-Update: the pool may not'],
    });
  });

  test('and malformed or not makes no difference to what is not proved', async () => {
    expect(await read([['Session-Issue', '!']], { proved: false })).toMatchObject({ kind: 'ignored' });
  });
});

describe('an authentic command fails the reply', () => {
  const large = { a: 'x'.repeat(4096) };
  test.each<[string, string, string]>([
    ['that is not base64url', 'Session-Issue', '{"sub":"alice"}'],
    ['with padding', 'Session-Issue', `${base64url('{"sub":"a"}  ')}=`],
    ['that is empty', 'Session-Issue', ''],
    ['that is not JSON', 'Session-Issue', base64url('alice')],
    ['that is not UTF-8', 'Session-Issue', Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')],
    ['that is a list', 'Session-Issue', json([{ sub: 'a' }])],
    ['that names a member twice', 'Session-Issue', base64url('{"sub":"alice","sub":"admin"}')],
    ['without a subject', 'Session-Issue', json({ claims: {} })],
    ['with a reserved claim', 'Session-Issue', json({ sub: 'a', claims: { iss: 'x' } })],
    ['with a member nobody knows', 'Session-Issue', json({ sub: 'a', role: 'admin' })],
    ['over 4 KB', 'Session-Issue', json({ sub: 'a', data: large })],
    ['whose update is over 4 KB', 'Session-Update', json(large)],
    ['whose update is a list', 'Session-Update', json([1])],
    ['whose update would touch a prototype', 'Session-Update', base64url('{"__proto__":{"admin":true}}')],
    ['that rotates in another spelling', 'Session-Rotate', 'true'],
    ['that ends something else', 'Session-End', 'everyone'],
    ['that ends in capitals', 'Session-End', 'All'],
  ])('%s', async (_, name, value) => {
    expect(await read([[name, value]])).toMatchObject({ kind: 'malformed', because: expect.stringContaining(name) });
  });

  test('when 4 KB are over by one byte, and not before', async () => {
    const sized = (bytes: number) => json({ a: 'x'.repeat(bytes - '{"a":""}'.length) });
    expect(await read([['Session-Update', sized(4096)]])).toMatchObject({ kind: 'commands' });
    expect(await read([['Session-Update', sized(4097)]])).toMatchObject({ kind: 'malformed' });
  });

  test('with a claim that the pool may not set', async () => {
    const issue = (claims: object): Lines => [['Session-Issue', json({ sub: 'a', claims })]];
    const commands: Commands = { ...withToken, claims: ['plan'] };
    expect(await read(issue({ plan: 'gold' }), { commands })).toMatchObject({ kind: 'commands' });
    expect(await read(issue({ plan: 'gold', role: 'admin' }), { commands })).toMatchObject({ kind: 'malformed' });
    expect(await read(issue({}), { commands: { ...withToken, claims: [] } })).toMatchObject({ kind: 'commands' });
  });

  test('even when another command beside it is good', async () => {
    expect(
      await read([
        ['Session-Update', json({ a: 1 })],
        ['Session-End', 'nobody'],
      ]),
    ).toMatchObject({ kind: 'malformed' });
  });
});

test('no reason repeats a token or what was said', async () => {
  const readings = await Promise.all([
    read([['Session-End', 'said-this']]),
    read([['Session-Issue', json({ sub: 'said-this', claims: { iss: 1 } })]]),
    read(
      [
        ['Session-Origin-Token', 'said-this'],
        ['Session-End', 'all'],
      ],
      { proved: false },
    ),
  ]);
  for (const reading of readings) expect(JSON.stringify(reading)).not.toMatch(/said-this|origin-token-/);
});

describe('an origin that signs', () => {
  let privateKey: CryptoKey;
  let stranger: CryptoKey;
  let withJwks: Commands;
  const claims = {
    iss: 'https://origin.example',
    aud: 'https://shop.example',
    iat: seconds,
    exp: seconds + 60,
    req: requestId,
  };

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const next = await generateKeyPair('EdDSA', { extractable: true });
    privateKey = pair.privateKey;
    stranger = (await generateKeyPair('ES256')).privateKey;
    const keys = [
      { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' },
      { ...(await exportJWK(next.publicKey)), kid: 'k2' },
      { kty: 'oct', k: base64url('x'.repeat(32)), kid: 'k3' },
    ];
    withJwks = { proof: { kind: 'jwks', jwks: { keys } }, may: everyCommand, claims: null };
  });

  const sign = (payload: unknown, header: object = {}, key = privateKey): Promise<string> =>
    new CompactSign(new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload)))
      .setProtectedHeader({ alg: 'ES256', typ: 'session-command+jwt', kid: 'k1', ...header })
      .sign(key);
  const readSigned = async (name: string, jws: string | Promise<string>, given: Given = {}) =>
    read([[name, await jws]], { commands: withJwks, ...given });

  test('commands as one that shows a token', async () => {
    const issue = await readSigned('Session-Issue', sign({ ...claims, issue: { sub: 'alice' } }));
    expect(issue).toMatchObject({ kind: 'commands', issue: { subject: 'alice' } });
    const update = await readSigned('Session-Update', sign({ ...claims, update: { a: null } }));
    expect(update).toMatchObject({ kind: 'commands', update: { a: null } });
    const rotate = await readSigned('Session-Rotate', sign({ ...claims, rotate: true }));
    expect(rotate).toMatchObject({ kind: 'commands', rotate: true });
    const end = await readSigned('Session-End', sign({ ...claims, end: 'all', jti: 'x' }));
    expect(end).toMatchObject({ kind: 'commands', end: 'all' });
  });

  const edge: [string, object][] = [
    ['made a minute ago by a slow clock', { iat: seconds - 60, exp: seconds }],
    ['made by a fast clock', { iat: seconds + 60, exp: seconds + 120 }],
  ];
  test.each(edge)('is believed when it was %s', async (_, change) => {
    expect(await readSigned('Session-End', sign({ ...claims, ...change, end: 'all' }))).toMatchObject({
      kind: 'commands',
    });
  });

  const badClaims: [string, object][] = [
    ['another audience', { aud: 'https://other.example' }],
    ['a list of audiences', { aud: ['https://shop.example', 'https://other.example'] }],
    ['another request', { req: 'request-0002' }],
    ['no request', { req: undefined }],
    ['no issuer', { iss: undefined }],
    ['an empty issuer', { iss: '' }],
    ['no end', { exp: undefined }],
    ['no beginning', { iat: undefined }],
    ['a life of 61 seconds', { exp: seconds + 61 }],
    ['an end before its beginning', { exp: seconds - 1 }],
    ['an end that is past', { iat: seconds - 121, exp: seconds - 61 }],
    ['a beginning that is to come', { iat: seconds + 61, exp: seconds + 100 }],
    ['milliseconds', { iat: now, exp: now + 60 }],
    ['times that are texts', { iat: String(seconds), exp: String(seconds + 60) }],
    ['a not-before that is to come', { nbf: seconds + 61 }],
  ];
  test.each(badClaims)('is ignored with %s', async (_, change) => {
    expect(await readSigned('Session-End', sign({ ...claims, ...change, end: 'all' }))).toMatchObject({
      kind: 'ignored',
    });
  });

  const badHeaders: [string, object][] = [
    ['no typ', { typ: undefined }],
    ['another typ', { typ: 'JWT' }],
    ['an unknown key', { kid: 'k9' }],
    ['a key of another algorithm', { kid: 'k2' }],
    ['no kid where several keys fit', { kid: undefined }],
    ['a key it brings along', { jwk: { kty: 'EC' } }],
    ['an address of keys', { jku: 'https://evil.example/jwks' }],
  ];
  test.each(badHeaders)('is ignored with %s', async (name, change) => {
    const keys = (withJwks.proof as Extract<Commands['proof'], { kind: 'jwks' }>).jwks.keys;
    const twice = { proof: { kind: 'jwks', jwks: { keys: [...keys, { ...keys[0], kid: 'k4' }] } } } as const;
    const commands = name.startsWith('no kid') ? { ...withJwks, ...twice } : withJwks;
    expect(await readSigned('Session-End', sign({ ...claims, end: 'all' }, change), { commands })).toMatchObject({
      kind: 'ignored',
    });
  });

  test('is believed without a kid where only one key fits', async () => {
    const [key] = (withJwks.proof as Extract<Commands['proof'], { kind: 'jwks' }>).jwks.keys;
    const commands: Commands = { ...withJwks, proof: { kind: 'jwks', jwks: { keys: [key as object] as never } } };
    const jws = sign({ ...claims, end: 'all' }, { kid: undefined });
    expect(await readSigned('Session-End', jws, { commands })).toMatchObject({ kind: 'commands' });
  });

  test('is ignored when somebody else signed, or nobody, or by a shared secret', async () => {
    const good = await sign({ ...claims, end: 'all' });
    const [header, payload, signature] = good.split('.') as [string, string, string];
    const unsigned = `${json({ alg: 'none', typ: 'session-command+jwt' })}.${payload}`;
    const mac = await new CompactSign(Buffer.from(JSON.stringify({ ...claims, end: 'all' })))
      .setProtectedHeader({ alg: 'HS256', typ: 'session-command+jwt', kid: 'k3' })
      .sign(new TextEncoder().encode('x'.repeat(32)));
    const forged = [
      await sign({ ...claims, end: 'all' }, {}, stranger),
      `${unsigned}.`,
      `${unsigned}.${signature}`,
      mac,
      `${header}.${json({ ...claims, end: 'current' })}.${signature}`,
    ];
    for (const jws of forged) expect(await readSigned('Session-End', jws), jws).toMatchObject({ kind: 'ignored' });
    expect(await readSigned('Session-End', good)).toMatchObject({ kind: 'commands' });
  });

  test('is ignored when its key is meant for another algorithm', async () => {
    const pair = await generateKeyPair('PS256', { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'rsa' };
    const jws = await sign({ ...claims, end: 'all' }, { alg: 'PS256', kid: 'rsa' }, pair.privateKey);
    const readWith = (alg: string) =>
      readSigned('Session-End', jws, {
        commands: { ...withJwks, proof: { kind: 'jwks', jwks: { keys: [{ ...jwk, alg }] } } },
      });
    expect(await readWith('RS256')).toMatchObject({ kind: 'ignored' });
    expect(await readWith('PS256')).toMatchObject({ kind: 'commands' });
  });

  test('is ignored in any spelling but the one', async () => {
    const good = await sign({ ...claims, end: 'all' });
    const last = good.at(-1) as string;
    // The last letter of 64 bytes carries four bits of nothing.
    const loose = good.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1);
    for (const jws of [`${good}=`, `${good}.`, `${good} x`, `.${good}`, loose, 'all', '']) {
      expect(await readSigned('Session-End', jws), jws).toMatchObject({ kind: 'ignored' });
    }
  });

  test('is ignored with the token of another pool in place of a signature', async () => {
    expect(await readSigned('Session-End', 'all', { proved: true })).toMatchObject({ kind: 'ignored' });
  });

  const wrong: [string, string, unknown][] = [
    ['says nothing', 'Session-End', {}],
    ['says two things', 'Session-End', { end: 'all', rotate: true }],
    ['says its thing and another', 'Session-Rotate', { rotate: true, end: 'all' }],
    ['says another thing than its header', 'Session-End', { rotate: true }],
    ['ends something else', 'Session-End', { end: 'everyone' }],
    ['rotates with a word', 'Session-Rotate', { rotate: '?1' }],
    ['issues a text', 'Session-Issue', { issue: 'alice' }],
    ['issues a reserved claim', 'Session-Issue', { issue: { sub: 'a', claims: { exp: 1 } } }],
    ['updates too deep', 'Session-Update', { update: JSON.parse(`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`) }],
    ['is over 4 KB', 'Session-Update', { update: { a: 'x'.repeat(4096) } }],
  ];
  test.each(wrong)('fails the reply when it %s', async (_, name, command) => {
    expect(await readSigned(name, sign({ ...claims, ...(command as object) }))).toMatchObject({ kind: 'malformed' });
  });

  test('fails the reply when it names a member twice', async () => {
    const text = JSON.stringify({ ...claims, end: 'current' }).replace('}', ',"end":"all"}');
    expect(await readSigned('Session-End', sign(text))).toMatchObject({ kind: 'malformed' });
  });

  test('is not read at all when it is far too long', async () => {
    const jws = await sign({ ...claims, update: { a: 'x'.repeat(10_000) } });
    expect(await readSigned('Session-Update', jws)).toMatchObject({ kind: 'ignored' });
  });
});
