import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import { expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';
import type { Seen } from '../support/origin.ts';

const pair = await generateKeyPair('ES256', { extractable: true });
const stranger = await generateKeyPair('ES256');
const publicKey = { ...(await exportJWK(pair.publicKey)), kid: 'shop-1', alg: 'ES256' };

/** Two pools: one that may do everything, and one that may only change data and name one claim. */
const second = 'http://localhost:4997';
const definition = `{
  ...base,
  publicOrigins: [env.PUBLIC_ORIGIN, '${second}'],
  session: { strategy: 'token' },
  pools: {
    app: { ...base.pools.app, commands: { jwks: { keys: [${JSON.stringify(publicKey)}] }, claims: ['role'] } },
    canary: { ...base.pools.app, commands: { token: env.ORIGIN_TOKEN, may: ['issue', 'update'], claims: ['plan'] } },
  },
  routes: [
    { path: '/canary/login', methods: ['POST'], pool: 'canary', session: 'optional', issues: true },
    { path: '/canary/*', pool: 'canary', session: 'optional' },
    { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
    { path: '/*', pool: 'app', session: 'optional' },
  ],
}`;

throughBothDoors(
  'an origin’s signed commands are good for one reply',
  { definition, workerRuntime: 'wrangler dev' },
  (world) => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = (
      command: object,
      { headers }: Seen,
      change: object = {},
      key = pair.privateKey,
    ): Promise<string> => {
      const iat = Math.floor(Date.now() / 1000);
      const claims = {
        iss: 'shop',
        aud: world.url,
        iat,
        exp: iat + 60,
        req: headers['x-request-id'],
        ...command,
        ...change,
      };
      return new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'ES256', typ: 'session-command+jwt', kid: 'shop-1' })
        .sign(key);
    };
    const issue = { issue: { sub: 'ada', claims: { role: ['customer'] } } };
    /** The path is answered with what `say` makes of the request that arrived. */
    const answer = (path: string, say: (seen: Seen) => Promise<Record<string, string>>) => {
      for (const origin of Object.values(world.origins)) {
        origin.on(path, async (seen, response) => void response.writeHead(200, await say(seen)).end('said'));
      }
    };
    const subjectOf = async (client: ReturnType<typeof world.client>) =>
      (await client.ask('/.session/me')).json().subject ?? null;
    const signIn = async () => {
      const client = world.client();
      answer('/login', async (seen) => ({ 'session-issue': await signed(issue, seen) }));
      expect((await client.ask('/login', { form: {} })).status).toBe(200);
      expect(await subjectOf(client)).toBe('ada');
      return client;
    };

    it('it begins, changes, rotates and ends a session', async () => {
      const client = await signIn();
      const version = async () => (await client.ask('/.session/me')).json().data_version;
      const before = await version();
      answer('/update', async (seen) => ({ 'session-update': await signed({ update: { theme: 'dark' } }, seen) }));
      expect((await client.ask('/update')).status).toBe(200);
      expect(await version()).not.toBe(before);

      const held = client.jar.get('__Host-session');
      answer('/rotate', async (seen) => ({ 'session-rotate': await signed({ rotate: true }, seen) }));
      expect((await client.ask('/rotate')).status).toBe(200);
      expect(client.jar.get('__Host-session')).not.toBe(held);

      answer('/bye', async (seen) => ({ 'session-end': await signed({ end: 'current' }, seen) }));
      expect((await client.ask('/bye')).status).toBe(200);
      expect(client.jar.has('__Host-session')).toBe(false);
    });

    it.each<[string, (seen: Seen) => Promise<string>]>([
      ['of another reply', (seen) => signed(issue, seen, { req: 'another' })],
      ['for another gateway', (seen) => signed(issue, seen, { aud: 'https://other.example' })],
      ['good for longer than a minute', (seen) => signed(issue, seen, { exp: Math.floor(Date.now() / 1000) + 600 })],
      ['of somebody else', (seen) => signed(issue, seen, {}, stranger.privateKey)],
      ['that nobody signed', async () => encode(issue.issue)],
    ])('one %s is ignored, and no client sees it', async (_, made) => {
      answer('/login', async (seen) => ({ 'session-issue': await made(seen) }));
      const client = world.client();
      const reply = await client.ask('/login', { form: {} });
      expect([reply.status, reply.text(), reply.header('session-issue')]).toEqual([200, 'said', null]);
      expect(client.jar.has('__Host-session')).toBe(false);
    });

    it('it may name any public origin as its audience', async () => {
      answer('/login', async (seen) => ({ 'session-issue': await signed(issue, seen, { aud: second }) }));
      const client = world.client();
      await client.ask('/login', { form: {} });
      expect(await subjectOf(client)).toBe('ada');
    });

    it('one that was good is worth nothing in the reply to anybody else', async () => {
      let kept: Promise<string> | null = null;
      answer('/login', async (seen) => {
        kept ??= signed(issue, seen);
        return { 'session-issue': await kept };
      });
      const [first, second] = [world.client(), world.client()];
      await first.ask('/login', { form: {} });
      await second.ask('/login', { form: {} });
      expect([first.jar.has('__Host-session'), second.jar.has('__Host-session')]).toEqual([true, false]);
    });

    it('a claim that its pool may not set is refused, and no part of the rest is done', async () => {
      answer('/login', async (seen) => ({
        'session-issue': await signed({ issue: { sub: 'ada', claims: { role: ['customer'], admin: true } } }, seen),
      }));
      const client = world.client();
      const reply = await client.ask('/login', { form: {} });
      expect([reply.status, reply.json().code]).toEqual([502, 'bad_command']);
      expect(client.jar.has('__Host-session')).toBe(false);
    });

    it('a pool does what it may, with the proof that is its own', async () => {
      const proven = { 'session-origin-token': world.originToken };
      const client = await signIn();
      const held = client.jar.get('__Host-session');
      answer('/canary/end', async () => ({ ...proven, 'session-end': 'all', 'session-rotate': '?1' }));
      expect((await client.ask('/canary/end')).text()).toBe('said');
      expect(client.jar.get('__Host-session')).toBe(held);
      answer('/canary/update', async () => ({ ...proven, 'session-update': encode({ theme: 'dark' }) }));
      await client.ask('/canary/update');
      expect(client.jar.get('__Host-session')).not.toBe(held);

      // The token of one pool is no proof in another, and neither is its signature.
      answer('/end', async () => ({ ...proven, 'session-end': 'current' }));
      answer('/canary/update', async (seen) => ({ 'session-update': await signed({ update: { theme: 'x' } }, seen) }));
      const since = client.jar.get('__Host-session');
      for (const path of ['/end', '/canary/update']) expect((await client.ask(path)).text()).toBe('said');
      expect(client.jar.get('__Host-session')).toBe(since);

      for (const [claims, status] of [
        [{ plan: 'gold' }, 200],
        [{ role: ['admin'] }, 502],
      ] as const) {
        answer('/canary/login', async () => ({ ...proven, 'session-issue': encode({ sub: 'eve', claims }) }));
        expect((await world.client().ask('/canary/login', { form: {} })).status).toBe(status);
      }
    });
  },
);
