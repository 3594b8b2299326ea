/** RFC 9457 problem documents, for programs. */
import { type FailureCode, sentenceOf, statusOf } from '../errors.ts';

export interface ProblemFacts {
  readonly code: FailureCode;
  readonly requestId: string;
  readonly members?: Readonly<Record<string, unknown>>;
}

export function problemReply({ code, requestId, members }: ProblemFacts): Response {
  const status = statusOf(code);
  const document = {
    type: 'about:blank',
    title: sentenceOf(code),
    status,
    code,
    request_id: requestId,
    ...members,
  };
  return new Response(`${JSON.stringify(document)}\n`, {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  });
}
