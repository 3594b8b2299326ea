/** The Redis of this function, as its environment describes it. */
import { readFileSync } from 'node:fs';
import type { CreatedStore } from '../../shared/session/store/store.ts';
import type { Environment } from '../environment.ts';
import { readRedisAddress } from './address.ts';
import type { RedisOptions } from './connection.ts';

type RedisIssue = Extract<CreatedStore, { kind: 'issue' }>;

export function readRedisOptions({
  redisUrl,
  redisMode,
  redisTls,
}: Pick<Environment, 'redisUrl' | 'redisMode' | 'redisTls'>):
  | { readonly kind: 'options'; readonly options: RedisOptions }
  | RedisIssue {
  if (redisMode !== null && redisMode !== 'single') {
    return issue('REDIS_MODE', 'is not supported', "Leave it out, or write 'single': one address of one primary.");
  }
  const read = redisUrl === null ? ({ kind: 'bad', because: 'is not set' } as const) : readRedisAddress(redisUrl);
  if (read.kind === 'bad') {
    const remedy = 'Write rediss://user:password@host:6379, redis:// on a private network, or unix:///path?db=0.';
    return issue('REDIS_URL', read.because, remedy);
  }
  const { address } = read;
  const names = { ca: 'REDIS_CA', cert: 'REDIS_CERT', key: 'REDIS_KEY' } as const;
  const tls: Record<string, string> = {};
  for (const [part, name] of Object.entries(names)) {
    const given = redisTls[part as keyof typeof names];
    if (given === null) continue;
    if (!address.socket.tls)
      return issue(name, 'is set, and REDIS_URL is without TLS', 'Write rediss:// in REDIS_URL.');
    const pem = pemOf(given);
    if (pem === null) return issue(name, 'is neither PEM nor the path of a PEM file', 'Write the text or the path.');
    tls[part] = pem;
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    return issue('REDIS_CERT', 'and REDIS_KEY belong together', 'Set both, or neither.');
  }
  return { kind: 'options', options: { address, tls } };
}

const isPem = (text: string): boolean => text.trimStart().startsWith('-----BEGIN ');

function pemOf(given: string): string | null {
  if (isPem(given)) return given;
  try {
    const text = readFileSync(given, 'utf8');
    return isPem(text) ? text : null;
  } catch {
    return null;
  }
}

const issue = (path: string, message: string, remedy: string): RedisIssue => ({
  kind: 'issue',
  issue: { path, message, remedy },
});
