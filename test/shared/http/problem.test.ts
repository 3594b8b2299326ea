import { expect, it } from 'vitest';
import { failureCodes, sentenceOf, statusOf } from '../../../shared/errors.ts';
import { problemReply } from '../../../shared/http/problem.ts';

it.each(failureCodes)(
  '%s is told as RFC 9457 has it, with its own status and a sentence for the public',
  async (code) => {
    const reply = problemReply({ code, requestId: 'r-1', members: { reason: 'idle' } });
    expect(reply.status).toBe(statusOf(code));
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(await reply.json()).toMatchObject({
      type: expect.any(String),
      title: sentenceOf(code),
      status: statusOf(code),
      code,
      request_id: 'r-1',
      reason: 'idle',
    });
  },
);
