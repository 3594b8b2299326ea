import { describe, expect, it, vi } from 'vitest';
import shipped from '../../gateway.config.ts';
import { buildHandlerParts } from '../../lambda/build.ts';
import { readEnvironment } from '../../lambda/environment.ts';
import { createHandler } from '../../lambda/handlers.ts';
import { defineGateway } from '../../shared/config/define.ts';
import { freshKeys } from '../../tools/keys.ts';
import { functionUrl, loadBalancer, type Teller, tellers } from '../support/lambda-events.ts';

/** As serverless.yml hands them on: what is not set is empty text. */
const variables = {
  SESSION_KEYS: JSON.stringify(await freshKeys()),
  SESSION_TABLE: 'sessions',
  PUBLIC_ORIGIN: '',
  ORIGIN_EU: 'http://127.0.0.1:9',
  ORIGIN_US: 'http://127.0.0.1:9',
  ORIGIN_AP: 'http://127.0.0.1:9',
  ORIGIN_TOKEN: 'proof-of-origin-0123456789',
  DEV_HEADERS: '1',
};
const ownHost = (teller: Teller): string => {
  const { domainName } = (teller.event({}) as { requestContext: { domainName?: string } }).requestContext;
  return domainName ?? 'balancer.example';
};

/** Asks one function again and again, and keeps what it writes. */
async function deployed(more: Record<string, string> = {}, definition = shipped) {
  const parts = await buildHandlerParts(definition, readEnvironment({ ...variables, ...more }));
  const handler = createHandler(parts);
  const lines: string[] = [];
  const ask = async (
    teller: Teller,
    path: string,
    host: string,
    fields: [string, string][] = [],
    event: object = {},
  ) => {
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
    try {
      const told = teller.event({ path, fields: [['host', host], ...fields] }) as object;
      return teller.result(await handler({ ...told, ...event }));
    } finally {
      write.mockRestore();
    }
  };
  return { ask, lines };
}

describe.each(tellers)('a function behind $name whose PUBLIC_ORIGIN is not set', (teller) => {
  const host = ownHost(teller);

  it('serves nothing, and sends nobody to localhost', async () => {
    const { ask } = await deployed();
    const navigation: [string, string][] = [
      ['accept', 'text/html'],
      ['sec-fetch-mode', 'navigate'],
    ];
    for (const path of ['/', '/account', '/.session/', '/.session/login', '/.session/me', '/.session/readyz']) {
      for (const fields of [[], navigation]) {
        for (const asked of [host, `${host}:443`, 'shop.example', 'localhost:1', 'localhost']) {
          // A load balancer has no name of its own: what it was asked for is all that there is.
          if (teller === loadBalancer && asked.startsWith('localhost')) continue;
          const reply = await ask(teller, path, asked, fields);
          expect([path, asked, reply.status]).toEqual([path, asked, 503]);
          expect(JSON.stringify(reply.fields) + reply.body.toString()).not.toContain('localhost');
          expect(reply.cookies).toEqual([]);
        }
      }
    }
    expect(JSON.parse((await ask(teller, '/', host)).body.toString()).code).toBe('misconfigured');
  });

  it('is alive', async () => {
    expect((await (await deployed()).ask(teller, '/.session/healthz', host)).status).toBe(200);
  });

  it('says once in its log what to set', async () => {
    const { ask, lines } = await deployed();
    for (const path of ['/', '/account', '/']) await ask(teller, path, host);
    expect(lines).toHaveLength(1);
    const { event, problems } = JSON.parse(lines[0] as string);
    expect(event).toBe('misconfigured');
    expect(problems).toEqual([
      expect.objectContaining({
        path: 'publicOrigins',
        value: 'http://localhost:8787',
        remedy: expect.stringContaining('PUBLIC_ORIGIN'),
      }),
    ]);
  });

  it('serves when it is set', async () => {
    const { ask } = await deployed({ PUBLIC_ORIGIN: 'https://shop.example', DEV_HEADERS: '' });
    for (const asked of [
      'shop.example',
      'shop.example:443',
      ...(teller === loadBalancer ? [] : [host, `${host}:443`]),
    ]) {
      expect([asked, (await ask(teller, '/.session/jwks.json', asked)).status]).toEqual([asked, 200]);
    }
  });

  it('serves where one public origin is reached from elsewhere', async () => {
    const definition = defineGateway({
      publicOrigins: ['https://shop.example', 'http://localhost:8787'],
      pools: { app: { origins: [{ id: 'eu', url: 'http://127.0.0.1:9', region: 'eu' }] } },
      routes: [{ path: '/*', pool: 'app' }],
    });
    const { ask } = await deployed({ DEV_HEADERS: '' }, definition);
    expect((await ask(teller, '/.session/jwks.json', 'shop.example')).status).toBe(200);
  });
});

describe('on this machine', () => {
  const at = (domainName: string) => ({
    requestContext: { domainName, http: { method: 'GET', path: '/', sourceIp: '127.0.0.1' } },
  });

  it.each(['localhost', 'LOCALHOST:8787', 'berth.lambda-url.eu-central-1.localhost', '127.0.0.1', '[::1]:3000'])(
    'an event of %s is served',
    async (domainName) => {
      const { ask } = await deployed();
      expect((await ask(functionUrl, '/.session/jwks.json', 'localhost:8787', [], at(domainName))).status).toBe(200);
      // Not one of the public origins, and told so.
      expect((await ask(functionUrl, '/', 'evil.example', [], at(domainName))).status).toBe(421);
    },
  );

  it('an emulator of AWS is served by the name in Host', async () => {
    const { ask, lines } = await deployed();
    expect((await ask(functionUrl, '/.session/jwks.json', 'localhost:8787')).status).toBe(200);
    expect(lines.join('')).not.toContain('misconfigured');
  });
});
