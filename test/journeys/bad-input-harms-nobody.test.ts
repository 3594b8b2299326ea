import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { throughBothDoors } from '../support/doors.ts';
import { requestOf, say } from '../support/raw-http.ts';

/** Ways to spoil a credential. */
const spoilt = (good: string, foreign: string): [string, string][] => [
  ['empty', ''],
  ['half of it', good.slice(0, good.length / 2)],
  ['one character short', good.slice(0, -1)],
  ['one character longer', `${good}A`],
  ['one bit changed', good.slice(0, -3) + (good.at(-3) === 'A' ? 'B' : 'A') + good.slice(-2)],
  ['its end changed', `${good.slice(0, -1)}${good.at(-1) === 'A' ? 'Q' : 'A'}`],
  ['padding', `${good}=`],
  ['a foreign key’s', foreign],
  ['another version', good.replace(/^v1|^ey/, 'v9')],
  ['the unsigned kind', `${Buffer.from('{"alg":"none","typ":"session+jwt"}').toString('base64url')}.e30.`],
  ['noise', randomBytes(300).toString('base64url')],
  ['dots', '....'],
  ['JSON', '{"sub":"ada"}'],
  ['a number', '0'],
  ['a prototype', '__proto__'],
  ['percent signs', '%00%ff%'],
  ['4 KB', 'v1.'.padEnd(4096, 'A')],
];

for (const strategy of ['stored', 'token'] as const) {
  throughBothDoors(
    `with ${strategy} sessions, bad input harms nobody`,
    { definition: `{ ...base, session: { strategy: '${strategy}' } }` },
    (world) => {
      let bystander: Client;

      beforeAll(async () => {
        bystander = world.client({});
        await bystander.ask('/login', { form: { user: 'bystander' } });
        expect((await bystander.ask('/account')).status).toBe(200);
      });

      const bystanderIsWell = async () => {
        const me = await bystander.ask('/.session/me');
        expect(me.json()).toMatchObject({ active: true, subject: 'bystander' });
      };
      const raw = (line: string, fields: readonly string[] = [], body = '') =>
        say(world.url, requestOf(world.url, line, fields, body));
      const isOurs = (text: string) => {
        expect(text).not.toMatch(/\bat \w+.*\(?.*:\d+:\d+|node_modules|TypeError|Error:/);
      };

      it('a spoilt session makes a stranger of its client, and no error', async () => {
        const foreign = world.client({});
        await foreign.ask('/login', { form: { user: 'eve' } });
        const good = foreign.jar.get('__Host-session') as string;
        const parts = good.split('.');
        const otherKey = [...parts.slice(0, -1), randomBytes(32).toString('base64url')].join('.');
        for (const [what, value] of spoilt(good, otherKey)) {
          const asked = { headers: { cookie: `__Host-session=${value}` } };
          const open = await world.client({}).ask('/', asked);
          expect([what, open.status]).toEqual([what, 200]);
          const { headers } = open.json() as { headers: Record<string, string> };
          expect([what, headers['session-status'], headers['session-assertion']]).toEqual([
            what,
            'anonymous',
            undefined,
          ]);
          const shut = await world.client({}).ask('/account', asked);
          expect([what, shut.status]).toEqual([what, 401]);
          isOurs(shut.text());
        }
        await bystanderIsWell();
      });

      it('a spoilt pin is no pin', async () => {
        const client = world.client();
        client.place = '35.7,139.7';
        await client.ask('/');
        const good = client.jar.get('__Host-affinity') as string;
        for (const [what, value] of spoilt(good, good.slice(5) + good.slice(0, 5))) {
          if (value === good) continue;
          const asker = world.client();
          asker.place = '48.1,11.6';
          const reply = await asker.ask('/', { headers: { cookie: `__Host-affinity=${value}` } });
          expect([what, reply.status, reply.explained().origin]).toEqual([what, 200, 'eu']);
        }
      });

      it('a pin does not serve under another’s session', async () => {
        const thief = world.client();
        thief.place = '35.7,139.7';
        await thief.ask('/login', { form: { user: 'eve' } });
        thief.jar.set('__Host-affinity', bystander.jar.get('__Host-affinity') as string);
        expect((await thief.ask('/')).explained().because).not.toBe('pinned');
      });

      it('an old session is told that it is old', async () => {
        const client = world.client({});
        await client.ask('/login', { form: { user: 'old' } });
        client.clockSeconds = 13 * 3600;
        const reply = await client.ask('/account');
        expect(reply.status).toBe(401);
        expect(reply.json().code).toBe('session_rejected');
      });

      it('cookies of 60 KB are too much, and said to be', async () => {
        const reply = await world.client({}).ask('/', { headers: { cookie: `__Host-session=${'A'.repeat(60_000)}` } });
        expect([reply.status, reply.json().code]).toEqual([431, 'headers_too_large']);
        const many = Array.from({ length: 3_000 }, (_, i) => `c${i}=${'x'.repeat(15)}`).join('; ');
        expect((await world.client({}).ask('/', { headers: { cookie: many } })).status).toBe(431);
        await bystanderIsWell();
      });

      it('a forged session cookie in front of a good one does not keep it from counting', async () => {
        const mine = bystander.jar.get('__Host-session') as string;
        const reply = await world
          .client({})
          .ask('/account', { headers: { cookie: `__Host-session=junk; __Host-session=${mine}` } });
        expect(reply.status).toBe(200);
        expect(reply.header('set-cookie') ?? '').not.toContain('__Host-session');
        await bystanderIsWell();
      });

      describe('a request that is hardly one', () => {
        it.each([
          ['no request line', Buffer.from('\r\n\r\n')],
          ['noise', randomBytes(200)],
          ['a header without a name', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n')],
          ['a header without a colon', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n')],
          ['a space before the colon', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nA : y\r\n\r\n')],
          ['NUL in a header', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n')],
          ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
          [
            'two lengths',
            Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
          ],
          [
            'length and chunks',
            Buffer.from(
              'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
            ),
          ],
          ['a negative length', Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n')],
        ])('%s gets no answer of an application', async (_, bytes) => {
          const before = Object.values(world.origins).flatMap(({ seen }) => seen).length;
          const { status, text } = await say(
            world.url,
            Buffer.concat([bytes, Buffer.from('Connection: close\r\n\r\n')]),
          );
          expect(status).toBeLessThan(500);
          expect(status === 0 || status >= 400).toBe(true);
          isOurs(text);
          expect(Object.values(world.origins).flatMap(({ seen }) => seen).length).toBe(before);
        });

        it.each(['evil.example', 'localhost.evil.example', '127.0.0.1', '[::1]', 'localhost:1'])(
          'for the host %s is misdirected',
          async (host) => {
            const { status, text } = await say(
              world.url,
              `GET /account HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
            );
            expect(status).toBe(421);
            expect(text).toContain('"code":"misdirected"');
            expect(text).not.toContain('evil');
          },
        );

        it.each(['DELETE', 'PUT', 'PATCH', 'BREW', 'get'])(
          'with the method %s is not for a page of ours',
          async (method) => {
            const { status } = await raw(`${method} /.session/me`);
            expect([400, 405, 501]).toContain(status);
          },
        );

        it.each(['TRACE', 'TRACK'])('with the method %s goes no further', async (method) => {
          const { status, text } = await raw(`${method} /`);
          expect(text).not.toContain('"origin"');
          expect([0, 400, 403, 404, 405, 501]).toContain(status);
        });

        it('a page of ours that is none is not found', async () => {
          for (const path of [
            '/.session/nothing',
            '/.session/me/',
            '/.session//me',
            '/.session/api/v1/sessions/%00',
            '/.session/api/v1/sessions/%zz',
          ]) {
            const { status, text } = await raw(`GET ${path}`);
            expect([path, [400, 401, 404].includes(status)]).toEqual([path, true]);
            isOurs(text);
          }
        });

        it('odd values of every header we read are taken as if they were not there', async () => {
          const odd = [
            '',
            ',',
            ';',
            '=',
            '"',
            '\\',
            '(',
            '[]',
            '{}',
            '%00',
            '-1',
            '1e999',
            '\x80\xff',
            'a'.repeat(3_000),
            ' , ,',
            'Bearer',
            'Session',
            'Bearer =',
            '__proto__',
          ];
          const names = [
            'Accept',
            'Authorization',
            'CDN-Loop',
            'Content-Type',
            'Cookie',
            'Dev-Client-Ip',
            'Dev-Client-Place',
            'Dev-Clock',
            'Idempotency-Key',
            'Origin',
            'Sec-Fetch-Mode',
            'Session-Explain',
            'Traceparent',
            'Tracestate',
            'User-Agent',
            'Via',
            'X-Forwarded-For',
            'X-Request-Id',
            'X-Edge-Secret',
          ];
          for (const name of names) {
            const statuses = await Promise.all(
              odd.map(async (value) => (await raw('GET /', [`${name}: ${value}`])).status),
            );
            expect([name, statuses.filter((status) => status !== 200)]).toEqual([name, []]);
          }
        });

        it('a body of ours that is none is refused', async () => {
          const bodies = [
            '',
            '{',
            '[]',
            'null',
            '"x"',
            '{"sub":',
            '\xff\xfe',
            '{"sub":"a","sub":"b"}',
            '['.repeat(5_000),
            `{"sub":"${'x'.repeat(9_000)}"}`,
          ];
          for (const path of [
            '/.session/api/v1/sessions',
            '/.session/api/v1/introspect',
            '/.session/api/v1/revocations',
          ]) {
            for (const body of bodies) {
              const reply = await world.client({}).ask(path, {
                method: 'POST',
                body: Buffer.from(body, 'latin1'),
                headers: { authorization: `Bearer ${world.serviceToken}`, 'content-type': 'application/json' },
              });
              expect([path, body.slice(0, 12), [400, 413].includes(reply.status) || reply.status]).toEqual([
                path,
                body.slice(0, 12),
                true,
              ]);
              isOurs(reply.text());
            }
          }
          await bystanderIsWell();
        });
      });

      it('after all this the bystander is still signed in', async () => {
        await bystanderIsWell();
        expect((await bystander.ask('/account')).status).toBe(200);
      });
    },
  );
}
