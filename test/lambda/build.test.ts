import { describe, expect, it, vi } from 'vitest';
import { buildHandlerParts } from '../../lambda/build.ts';
import { readEnvironment } from '../../lambda/environment.ts';
import { createHandler } from '../../lambda/handlers.ts';
import { defineGateway } from '../../shared/config/define.ts';
import { freshKeys } from '../../tools/keys.ts';
import { functionUrl } from '../support/lambda-events.ts';

const parts = {
  publicOrigins: ['https://shop.example'],
  pools: { app: { origins: [{ id: 'eu', url: 'http://127.0.0.1:9', region: 'eu' }] } },
  routes: [{ path: '/*', pool: 'app', session: 'optional' }],
} as const;
const definition = defineGateway(parts);
const withRedis = defineGateway({ ...parts, session: { store: { lambda: 'redis' } } });

const ask = async (variables: Record<string, string>, path: string, config = definition) => {
  const parts = await buildHandlerParts(config, readEnvironment(variables));
  const result = await createHandler(parts)(functionUrl.event({ path }));
  return { parts, ...functionUrl.result(result) };
};

const good = async () => ({ SESSION_KEYS: JSON.stringify(await freshKeys()), SESSION_TABLE: 'sessions' });

describe('the function', () => {
  it('answers when everything is set', async () => {
    const { status } = await ask(await good(), '/.session/jwks.json');
    expect(status).toBe(200);
  });

  it('serves nothing but its health without keys', async () => {
    expect((await ask({ SESSION_TABLE: 'sessions' }, '/')).status).toBe(503);
    expect((await ask({ SESSION_TABLE: 'sessions' }, '/.session/healthz')).status).toBe(200);
    expect((await ask({ SESSION_TABLE: 'sessions' }, '/.session/readyz')).status).toBe(503);
  });

  it('serves nothing when it is not told its table', async () => {
    const { SESSION_KEYS } = await good();
    expect((await ask({ SESSION_KEYS }, '/')).status).toBe(503);
  });

  it.each([
    ['that is not set', undefined],
    ['that is no address', 'localhost'],
    ['of something else', 'https://:hunter2@redis.example:6379'],
    ['without a host', 'redis://'],
    ['with a parameter that nothing reads', 'redis://:hunter2@redis.example:6379?timeout=5'],
    ['with a database that is no number', 'redis://:hunter2@redis.example:6379/sessions'],
    ['with an @ in its password', 'redis://:hunter2@x@redis.example:6379'],
  ])('serves nothing with a Redis %s, and shows no password', async (_, REDIS_URL) => {
    const lines: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
    const variables = { ...(await good()), ...(REDIS_URL && { REDIS_URL }) };
    const { status } = await ask(variables, '/', withRedis);
    write.mockRestore();
    expect(status).toBe(503);
    expect(lines.join()).toContain('"REDIS_URL"');
    expect(lines.join()).not.toContain('hunter2');
  });

  it('asks a Redis for nothing before somebody has a session', async () => {
    const variables = { ...(await good()), REDIS_URL: 'rediss://:hunter2@redis.invalid:6379' };
    expect((await ask(variables, '/.session/jwks.json', withRedis)).status).toBe(200);
  });

  it('is where its region is, or nowhere it knows', async () => {
    const place = async (AWS_REGION: string) => (await ask({ ...(await good()), AWS_REGION }, '/')).parts.place;
    expect(await place('ap-northeast-1')).toMatchObject({ latitude: expect.closeTo(35.7, 0) });
    expect(await place('xx-nowhere-9')).toBeNull();
  });
});
