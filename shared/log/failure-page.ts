/** The page of a failure, for a person. Loaded with the first one: most requests do not fail, and programs get JSON. */
import { type Failure, sentenceOf, statusOf } from '../errors.ts';
import { escapeHtml, pageReply } from '../http/page.ts';

export const failurePage = ({ code, members }: Failure, requestId: string, home: string): Response =>
  pageReply({
    status: statusOf(code),
    title: sentenceOf(code),
    body: `${linkFor(members, home)}<p><small>Request <code>${escapeHtml(requestId)}</code></small></p>`,
  });

/** Every error page has a link. */
const linkFor = ({ login_url }: Failure['members'], home: string): string =>
  typeof login_url === 'string'
    ? `<p><a href="${escapeHtml(login_url)}">Sign in</a></p>`
    : `<p><a href="${escapeHtml(home)}">Go to the front page</a></p>`;
