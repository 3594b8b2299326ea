import { expect, it } from 'vitest';
import { emptyTrail } from '../../../shared/context.ts';
import { accessLine, writablePath } from '../../../shared/log/access-line.ts';

const answered = { method: 'GET', path: '/account', status: 200, startedAt: 0, endedAt: 12 };

it('a line says who was asked what, what came of it, and how long it took', () => {
  const trail = { ...emptyTrail(), requestId: 'r-1', route: 2, origin: 'eu', because: 'pinned', attempts: 1 };
  expect(accessLine(trail, answered)).toMatchObject({
    event: 'request',
    at: '1970-01-01T00:00:00.000Z',
    request_id: 'r-1',
    method: 'GET',
    path: '/account',
    status: 200,
    ms: 12,
    route: 2,
    origin: 'eu',
    because: 'pinned',
    attempts: 1,
  });
});

it('a failure is told with its code and its reason, a success with neither', () => {
  const failed = { ...emptyTrail(), failure: { code: 'gone', reason: 'used before' } };
  expect(accessLine(failed, answered)).toMatchObject({ code: 'gone', reason: 'used before' });
  expect(Object.keys(accessLine(emptyTrail(), answered))).not.toContain('code');
});

it('a long path is cut', () => {
  const line = accessLine(emptyTrail(), { ...answered, path: `/${'x'.repeat(5_000)}` });
  expect((line.path as string).length).toBeLessThan(600);
});

it.each([
  ['/.session/sessions/AAAAAAAAAAAAAAAAAAAAAA', '/.session/sessions/*'],
  ['/.session/api/v1/sessions/AAAAAAAAAAAAAAAAAAAAAA', '/.session/api/v1/sessions/*'],
  ['/.session/api/v1/subjects/ada%40shop.example/sessions', '/.session/api/v1/subjects/*/sessions'],
  ['/.session/api/v1/sessions', '/.session/api/v1/sessions'],
  ['/.session/me', '/.session/me'],
  ['/shop/sessions/7', '/shop/sessions/7'],
  ['/shop/account;jsessionid=0A1B', '/shop/account'],
  ['/shop;jsessionid=0A1B/account;v=1', '/shop/account'],
  ['/shop/account%3bjsessionid=0A1B', '/shop/account'],
  ['/shop/account%3Bjsessionid=0A%2f1B/x', '/shop/account/x'],
  ['/shop/account%253Bjsessionid=0A1B', '/shop/account'],
  ['/shop/account%25253bjsessionid=0A1B', '/shop/account'],
  ['/.session;jsessionid=0A1B/sessions/AAAA', '/.session/sessions/*'],
])('%s is written as %s', (path, written) => {
  expect(writablePath(path, '/.session')).toBe(written);
});
