import { describe, expect, test } from 'vitest';
import type { Door, OriginOutcome } from '../../../shared/platform.ts';
import {
  type Attempt,
  decideRetry,
  healthResultOf,
  outcomeOf,
  type RetryDecision,
} from '../../../shared/proxy/retry.ts';

const reply = (status: number): OriginOutcome => ({ kind: 'reply', status, response: new Response(null, { status }) });
const nothingSent: OriginOutcome = { kind: 'failed', sent: 'nothing', reason: 'ECONNREFUSED' };
const perhapsSent: OriginOutcome = { kind: 'failed', sent: 'unknown', reason: 'ECONNRESET' };
const retry = { statuses: [502, 503, 504] };

function judge(door: Door, outcome: OriginOutcome, given: Partial<Attempt>): string {
  const verdict: RetryDecision = decideRetry({
    method: 'GET',
    hasIdempotencyKey: false,
    replayable: true,
    complete: true,
    timedOut: false,
    retry,
    ...given,
    outcome: outcomeOf(outcome, door),
  });
  return verdict.kind === 'give-up' ? verdict.code : verdict.kind;
}

const post = { method: 'POST' };
const postWithKey = { method: 'POST', hasIdempotencyKey: true };
const large = { replayable: false, complete: true };
const streamed = { replayable: false, complete: false };

describe('when nothing was sent', () => {
  test.each<[string, Partial<Attempt>, string]>([
    ['GET', {}, 'again'],
    ['POST', post, 'again'],
    ['PATCH', { method: 'PATCH' }, 'again'],
    ['a POST with a large body in hand', { ...post, ...large }, 'again'],
    ['a POST whose stream is gone', { ...post, ...streamed }, 'origin_unreachable'],
    ['a PUT whose stream is gone', { method: 'PUT', ...streamed }, 'origin_unreachable'],
    ['a GET whose time is up', { timedOut: true }, 'origin_timeout'],
  ])('%s', (_, given, verdict) => {
    expect(judge('lambda', nothingSent, given)).toBe(verdict);
    for (const status of [521, 523, 525, 526, 530]) expect(judge('worker', reply(status), given)).toBe(verdict);
  });
});

describe('when nobody knows what was sent', () => {
  test.each<[string, Partial<Attempt>, string]>([
    ['GET', {}, 'again'],
    ['HEAD', { method: 'HEAD' }, 'again'],
    ['OPTIONS', { method: 'OPTIONS' }, 'again'],
    ['PUT', { method: 'PUT' }, 'again'],
    ['DELETE', { method: 'DELETE' }, 'again'],
    ['TRACE', { method: 'TRACE' }, 'again'],
    ['a PUT with a large body', { method: 'PUT', ...large }, 'origin_unreachable'],
    ['a PUT whose stream is gone', { method: 'PUT', ...streamed }, 'origin_unreachable'],
    ['POST', post, 'origin_unreachable'],
    ['PATCH', { method: 'PATCH' }, 'origin_unreachable'],
    ['a method nobody knows', { method: 'PROPFIND' }, 'origin_unreachable'],
    ['a method in lower case', { method: 'put' }, 'origin_unreachable'],
    ['a POST with an Idempotency-Key', postWithKey, 'again'],
    ['a large POST with an Idempotency-Key', { ...postWithKey, ...large }, 'origin_unreachable'],
    ['a GET whose time is up', { timedOut: true }, 'origin_timeout'],
  ])('%s', (_, given, verdict) => {
    expect(judge('worker', perhapsSent, given)).toBe(verdict);
    expect(judge('lambda', perhapsSent, given)).toBe(verdict);
    for (const status of [520, 522, 524]) expect(judge('worker', reply(status), given)).toBe(verdict);
  });
});

describe('when the origin answers with a listed status', () => {
  test.each<[string, Partial<Attempt>, string]>([
    ['GET', {}, 'again'],
    ['POST', post, 'accept'],
    ['a POST with an Idempotency-Key', postWithKey, 'again'],
    ['a PUT whose stream is gone', { method: 'PUT', ...streamed }, 'accept'],
    ['a GET whose time is up', { timedOut: true }, 'accept'],
  ])('%s', (_, given, verdict) => {
    for (const status of [502, 503, 504]) expect(judge('lambda', reply(status), given)).toBe(verdict);
  });
});

test.each([200, 204, 301, 404, 429, 500, 501])('%i is the answer', (status) => {
  expect(judge('worker', reply(status), {})).toBe('accept');
});

test('without listed statuses every real reply is the answer', () => {
  expect(judge('worker', reply(503), { retry: { statuses: [] } })).toBe('accept');
  expect(judge('worker', reply(521), { retry: { statuses: [] } })).toBe('again');
});

test('on Lambda a 52x is the origin’s own status', () => {
  expect(judge('lambda', reply(521), {})).toBe('accept');
});

describe('of an origin’s health', () => {
  const says = (outcome: OriginOutcome | 'timed-out', door: Door = 'lambda', statuses = retry.statuses) =>
    healthResultOf(outcomeOf(outcome, door), { statuses });

  test('a failed connection says that it failed', () => {
    expect([says(nothingSent), says(perhapsSent)]).toEqual(['failed', 'failed']);
    expect([520, 521, 522, 530].map((status) => says(reply(status), 'worker'))).toEqual(Array(4).fill('failed'));
  });

  test('a time-out is told apart, whoever noticed it', () => {
    expect([says('timed-out'), says(reply(524), 'worker')]).toEqual(['timed-out', 'timed-out']);
  });

  test('a listed status may be its own or the page’s', () => {
    expect([502, 503, 504].map((status) => says(reply(status)))).toEqual(Array(3).fill('listed'));
    expect(says(reply(500), 'lambda', [500])).toBe('listed');
  });

  test.each([500, 501, 505, 507, 599])('a %i that is not listed says nothing', (status) => {
    expect(says(reply(status))).toBe('nothing');
  });

  test.each([101, 200, 302, 400, 404, 408, 429, 499])('a %i says that it serves', (status) => {
    const outcome = { kind: 'reply', status, response: new Response() } as const;
    expect(says(outcome)).toBe('served');
  });
});
