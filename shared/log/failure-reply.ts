/** Turns a failure into a reply: a page for a person, a problem document for a program. */
import { Failure } from '../errors.ts';
import { problemReply } from '../http/problem.ts';
import { breakerOpenMs } from '../session/store/outage.ts';
import { StoreUnavailable } from '../session/store/unavailable.ts';

/** Any thrown value, as a failure with a public code. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof StoreUnavailable) return new Failure('store_unavailable', thrown.message);
  return new Failure(
    'internal',
    thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'a value that is no Error was thrown',
  );
}

/** `home`: the link of an error page that has no login link. */
export async function failureReply(
  failure: Failure,
  requestId: string,
  wantsPage: boolean,
  home = '/',
): Promise<Response> {
  const { code, members, headers } = failure;
  const reply = wantsPage
    ? (await import('./failure-page.ts')).failurePage(failure, requestId, home)
    : problemReply({ code, requestId, members });
  if (code === 'store_unavailable') reply.headers.set('retry-after', String(breakerOpenMs / 1_000));
  for (const [name, value] of Object.entries(headers)) reply.headers.set(name, value);
  return reply;
}
