import { expect, it } from 'vitest';
import { Failure } from '../../../shared/errors.ts';
import { failureOf, failureReply } from '../../../shared/log/failure-reply.ts';
import { StoreUnavailable } from '../../../shared/session/store/unavailable.ts';

it('whatever is thrown becomes a failure with a public code', () => {
  const own = new Failure('gone', 'used');
  expect(failureOf(own)).toBe(own);
  expect(failureOf(new StoreUnavailable('TimeoutError: late'))).toMatchObject({ code: 'store_unavailable' });
  expect(failureOf(new TypeError('x is not a function'))).toMatchObject({ code: 'internal' });
  expect(failureOf('text')).toMatchObject({ code: 'internal' });
});

it('the reason is for the log and is in no reply', async () => {
  const failure = new Failure('internal', 'secret-reason');
  for (const wantsPage of [true, false]) {
    expect(await (await failureReply(failure, 'r-1', wantsPage)).text()).not.toContain('secret-reason');
  }
});

it('a person gets a page with the request id, a program the document, and both the headers', async () => {
  const failure = new Failure('method_not_allowed', 'x', { headers: { allow: 'GET' } });
  const page = await failureReply(failure, 'r<1>', true);
  expect([page.status, page.headers.get('allow')]).toEqual([405, 'GET']);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await page.text()).toContain('r&#60;1&#62;');
  const problem = await failureReply(failure, 'r-1', false);
  expect([problem.status, problem.headers.get('allow')]).toEqual([405, 'GET']);
  expect(await problem.json()).toMatchObject({ code: 'method_not_allowed', request_id: 'r-1' });
});

it('a person who must sign in first is shown where', async () => {
  const failure = new Failure('session_required', 'x', {
    members: { login_url: 'https://shop.example/login?a=1&b=2' },
  });
  expect(await (await failureReply(failure, 'r-1', true)).text()).toContain(
    'href="https://shop.example/login?a=1&#38;b=2"',
  );
});
