/** Turns a failure into a reply: a page for a person, a problem document for a program. */
import { Failure, isFailure, sentenceOf, statusOf } from '../errors.ts';
import { escapeHtml, pageReply } from '../http/page.ts';
import { problemReply } from '../http/problem.ts';
import { StoreUnavailable } from '../session/store/unavailable.ts';

/** Any thrown value, as a failure with a public code. */
export function failureOf(thrown: unknown): Failure {
  if (isFailure(thrown)) return thrown;
  if (thrown instanceof StoreUnavailable) return new Failure('store_unavailable', thrown.message);
  return new Failure(
    'internal',
    thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'a value that is no Error was thrown',
  );
}

/** `home`: the link of an error page that has no login link. */
export function failureReply(failure: Failure, requestId: string, wantsPage: boolean, home = '/'): Response {
  const { code, members, headers } = failure;
  const reply = wantsPage
    ? pageReply({
        status: statusOf(code),
        title: sentenceOf(code),
        body: `${linkFor(members, home)}<p><small>Request <code>${escapeHtml(requestId)}</code></small></p>`,
      })
    : problemReply({ code, requestId, members });
  for (const [name, value] of Object.entries(headers)) reply.headers.set(name, value);
  return reply;
}

/** Every error page has a link. */
const linkFor = ({ login_url }: Readonly<Record<string, string>>, home: string): string =>
  login_url
    ? `<p><a href="${escapeHtml(login_url)}">Sign in</a></p>`
    : `<p><a href="${escapeHtml(home)}">Go to the front page</a></p>`;
