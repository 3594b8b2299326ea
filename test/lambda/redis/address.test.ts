import { describe, expect, it, test } from 'vitest';
import { readRedisAddress } from '../../../lambda/redis/address.ts';
import { readRedisOptions } from '../../../lambda/redis/options.ts';

const none = { username: null, password: null, database: 0 };
const plain = { host: 'r.example', port: 6379, tls: false };

describe('the address of a Redis', () => {
  test.each([
    ['redis://r.example', { ...none, socket: plain }],
    ['rediss://r.example:6380', { ...none, socket: { host: 'r.example', port: 6380, tls: true } }],
    ['redis://[::1]:6379/3', { ...none, database: 3, socket: { ...plain, host: '::1' } }],
    ['redis://r.example?db=3', { ...none, database: 3, socket: plain }],
    ['redis://:p%40%25s%2Fs@r.example', { ...none, password: 'p@%s/s', socket: plain }],
    ['redis://u:p@r.example/1', { username: 'u', password: 'p', database: 1, socket: plain }],
    ['unix:///run/redis.sock', { ...none, socket: { path: '/run/redis.sock', tls: false } }],
    [
      'unix://u:p@/run/redis.sock',
      { username: 'u', password: 'p', database: 0, socket: { path: '/run/redis.sock', tls: false } },
    ],
    ['unix:///run/my%20redis.sock?db=3', { ...none, database: 3, socket: { path: '/run/my redis.sock', tls: false } }],
  ])('%s is understood', (text, address) => {
    expect(readRedisAddress(text)).toEqual({ kind: 'address', address });
  });

  test.each([
    '',
    'localhost:6379',
    'https://r.example',
    'valkey://r.example',
    'redis://',
    'redis:///run/redis.sock',
    'redis://h1:6379,h2:6379',
    'redis://:hunter2@x@r.example',
    'redis://:hunter%2@r.example',
    'redis://:hunter2@r.example#1',
    'redis://r.example/x',
    'redis://r.example/-1',
    'redis://r.example/99999',
    'redis://r.example/3?db=3',
    'redis://r.example?db=1&db=2',
    'redis://r.example?database=3',
    'unix://run/redis.sock',
    'unix:///',
    'unix:///run/redis.sock?db=x',
  ])('"%s" is refused, and not repeated', (text) => {
    const read = readRedisAddress(text);
    expect(read.kind).toBe('bad');
    expect(JSON.stringify(read)).not.toContain('hunter2');
  });
});

describe('the variables beside it', () => {
  const of = (more: object) =>
    readRedisOptions({
      redisUrl: 'rediss://r.example',
      redisMode: null,
      redisTls: { ca: null, cert: null, key: null },
      ...more,
    });
  const pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

  it('are certificates, as text', () => {
    expect(of({ redisTls: { ca: pem, cert: null, key: null } })).toMatchObject({ options: { tls: { ca: pem } } });
  });

  test.each([
    ['REDIS_MODE', { redisMode: 'cluster' }],
    ['REDIS_CA', { redisTls: { ca: '/no/such/file', cert: null, key: null } }],
    ['REDIS_CA', { redisUrl: 'redis://r.example', redisTls: { ca: pem, cert: null, key: null } }],
    ['REDIS_CERT', { redisTls: { ca: null, cert: pem, key: null } }],
    ['REDIS_URL', { redisUrl: null }],
  ])('%s is named when it is wrong', (path, more) => {
    expect(of(more)).toMatchObject({ kind: 'issue', issue: { path } });
  });
});
