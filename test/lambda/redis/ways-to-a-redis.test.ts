import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRedisOptions } from '../../../lambda/redis/options.ts';
import { createRedisStore } from '../../../lambda/redis/redis-store.ts';
import { freePort } from '../../../tools/free-port.ts';
import { privateFolder } from '../../../tools/private-folder.ts';
import { hasRedis, openRedis, redisAt, type TestRedis } from '../../support/redis.ts';

const hasOpenssl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;
const runs = hasRedis() && hasOpenssl;
if (!runs) test.skip('ways to a Redis: NOT RUN, there is no redis-server or no openssl on this machine');

describe.skipIf(!runs)('a Redis is reached', () => {
  const folder = privateFolder();
  const at = (name: string): string => join(folder, name);
  let redis: TestRedis;
  let tlsPort: number;
  beforeAll(async () => {
    const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=ca');
    for (const name of ['server', 'client']) {
      openssl(
        'req',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        '/CN=localhost',
      );
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-out',
        `${name}.pem`,
      );
    }
    tlsPort = await freePort();
    redis = await openRedis([
      ...['--unixsocket', at('redis.sock'), '--tls-port', String(tlsPort)],
      ...['--tls-cert-file', at('server.pem'), '--tls-key-file', at('server.key'), '--tls-ca-cert-file', at('ca.pem')],
    ]);
  });
  afterAll(async () => {
    await redis?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const password = () => new URL(redis.url).password;

  test('by a unix socket, in the database that the address names', async () => {
    const store = createRedisStore(redisAt(`unix://:${password()}@${at('redis.sock')}?db=3`));
    await store.claimOnce('key', 'value', Date.now() + 60_000, Date.now());
    expect(String(await redis.send('INFO', 'keyspace'))).toContain('db3:keys=1');
  });

  test.each(['text', 'path'])(
    'by TLS with a private authority and a certificate of its own, given by %s',
    async (form) => {
      const given = (name: string): string => (form === 'text' ? readFileSync(at(name), 'utf8') : at(name));
      const read = readRedisOptions({
        redisUrl: `rediss://:${password()}@localhost:${tlsPort}`,
        redisMode: 'single',
        redisTls: { ca: given('ca.pem'), cert: given('client.pem'), key: given('client.key') },
      });
      if (read.kind === 'issue') throw new Error(read.issue.message);
      await createRedisStore(read.options).check(Date.now());
    },
  );

  test('not beyond its databases, and the log says why', async () => {
    const beyond = createRedisStore(redisAt(`${redis.url}/99`));
    await expect(beyond.check(Date.now())).rejects.toThrow('Redis did not answer: DB index is out of range');
  });

  test('not by TLS whose authority is unknown, or without the certificate that it asks for', async () => {
    const url = `rediss://:${password()}@localhost:${tlsPort}`;
    await expect(createRedisStore(redisAt(url)).check(Date.now())).rejects.toThrow('SELF_SIGNED_CERT_IN_CHAIN');
    const ca = readFileSync(at('ca.pem'), 'utf8');
    await expect(createRedisStore({ ...redisAt(url), tls: { ca } }).check(Date.now())).rejects.toThrow('CERTIFICATE');
  });
});
