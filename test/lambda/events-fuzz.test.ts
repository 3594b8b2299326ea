/** Whatever a client makes a platform put into an event is passed on as a request or refused by name. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHandler } from '../../lambda/handlers.ts';
import { failureCodes, statusOf } from '../../shared/errors.ts';
import type { Platform } from '../../shared/platform.ts';

const letter = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
/** With halves of surrogate pairs, which JSON can hold. */
const anyText = fc.oneof(
  fc.string({ unit: letter, maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom('/', '\\', '%', '2', 'f', '.', '?', '#', '@', ':', '\r', '\n', '\0', ' ', ',', ';', '=', 'é'),
  }),
);
const name = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('host', 'Host', 'cookie', 'content-length', 'transfer-encoding', 'x-forwarded-for'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('x-forwarded-proto', 'trailer', 'x-a', '__proto__', 'constructor', 'set-cookie'),
  },
  { weight: 1, arbitrary: anyText },
);
const value = fc.oneof(
  anyText,
  fc.constantFrom('shop.example', '5', '5, 5', 'http', 'chunked', '203.0.113.9', '', ' '),
);
const method = fc.oneof(fc.constantFrom('GET', 'POST', 'get', 'TRACE', 'CONNECT', 'PROPFIND', ''), anyText);
const path = fc.oneof(
  anyText,
  anyText.map((text) => `/${text}`),
  fc.constantFrom('/', '', '//evil.example', '/../..', '*'),
);
const body = fc.option(fc.oneof(anyText, fc.base64String({ maxLength: 40 })), { nil: undefined });
const peer = fc.constantFrom('203.0.113.9', '2001:db8::1', '');
const absent = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const single = fc.dictionary(name, value, { maxKeys: 6 });
const listed = fc.dictionary(name, fc.array(value, { maxLength: 3 }), { maxKeys: 6 });
const query = fc.option(fc.dictionary(anyText, fc.array(anyText, { maxLength: 3 }), { maxKeys: 4 }), { nil: null });

const shapes: Record<string, fc.Arbitrary<unknown>> = {
  'a Function URL': v2('abc.lambda-url.eu-central-1.on.aws'),
  'an HTTP API': v2('abc.execute-api.eu-central-1.amazonaws.com'),
  'a REST API': v1(undefined),
  'an HTTP API in format 1.0': v1('1.0'),
  'a load balancer': fc.record({
    requestContext: fc.constant({ elb: { targetGroupArn: 'arn' } }),
    path,
    httpMethod: method,
    multiValueHeaders: absent(listed),
    headers: absent(single),
    multiValueQueryStringParameters: absent(query),
    body: fc.oneof(body, fc.constant('')),
    isBase64Encoded: absent(fc.boolean()),
  }),
};

function v2(domainName: string): fc.Arbitrary<unknown> {
  return fc.record({
    version: fc.constant('2.0'),
    rawPath: path,
    rawQueryString: absent(anyText),
    cookies: absent(fc.array(value, { maxLength: 3 })),
    headers: absent(single),
    requestContext: fc.record({
      domainName: fc.constantFrom(domainName, undefined),
      http: fc.record({ method, path, sourceIp: peer }),
    }),
    body,
    isBase64Encoded: absent(fc.boolean()),
  });
}

function v1(version: string | undefined): fc.Arbitrary<unknown> {
  return fc.record({
    version: fc.constant(version),
    path,
    httpMethod: method,
    headers: fc.option(single, { nil: null }),
    multiValueHeaders: fc.option(listed, { nil: null }),
    queryStringParameters: fc.constant(null),
    multiValueQueryStringParameters: query,
    requestContext: fc.record({
      domainName: fc.constantFrom('abc.execute-api.eu-central-1.amazonaws.com', undefined),
      identity: absent(fc.record({ sourceIp: peer })),
    }),
    body: fc.option(body, { nil: null }),
    isBase64Encoded: absent(fc.boolean()),
  });
}

type Answer = { statusCode: number; body: string; isBase64Encoded: boolean };

async function answerTo(event: unknown): Promise<{ answer: Answer; seen: Request | null }> {
  let seen: Request | null = null;
  const platform = { door: 'lambda', now: () => 0, log: () => {} } as Partial<Platform> as Platform;
  const handler = createHandler({
    platform,
    place: null,
    gateway: {
      async handle(request) {
        seen = request;
        return new Response(null, { status: 204 });
      },
    },
  });
  return { answer: (await handler(event)) as Answer, seen };
}

const bounded = { numRuns: 1_000, interruptAfterTimeLimit: 10_000, markInterruptAsFailure: true };

describe.each(Object.entries(shapes))('whatever comes through %s', (_, event) => {
  it('is passed on whole or refused by name', async () => {
    await fc.assert(
      fc.asyncProperty(event, async (sent) => {
        const { answer, seen } = await answerTo(sent);
        if (seen) {
          const { protocol, pathname, username, hash } = new URL((seen as Request).url);
          expect(['http:', 'https:']).toContain(protocol);
          expect(pathname[0]).toBe('/');
          expect(username + hash).toBe('');
          expect(answer.statusCode).toBe(204);
          return;
        }
        const { code } = JSON.parse(Buffer.from(answer.body, 'base64').toString());
        expect(failureCodes).toContain(code);
        expect(answer.statusCode).toBe(statusOf(code));
      }),
      bounded,
    );
  });

  it('is refused or passed on in time that grows no faster than it does', async () => {
    for (const unit of ['/', '%', '..;/', ' ', ',', ';a=b', '\\', 'é', '%2', '1.1.1.1,']) {
      const long = unit.repeat(20_000);
      const fields = { cookie: long, 'x-forwarded-for': long, 'x-a': long };
      const lists = Object.fromEntries(Object.entries(fields).map(([key, text]) => [key, [text]]));
      const [sample] = fc.sample(event, { numRuns: 1, seed: 1 }) as [Record<string, unknown>];
      const started = performance.now();
      await answerTo({
        ...sample,
        path: `/${long}`,
        rawPath: `/${long}`,
        rawQueryString: long,
        headers: fields,
        multiValueHeaders: lists,
        multiValueQueryStringParameters: { [long]: [long] },
      });
      expect(performance.now() - started).toBeLessThan(2_000);
    }
  });
});

it('what is no request of anybody is told to whoever invoked the function, and reaches no gateway', async () => {
  const notHttp = fc.object({ withNullPrototype: true }).filter((event) => !('requestContext' in event));
  await fc.assert(
    fc.asyncProperty(fc.oneof(notHttp, fc.constantFrom(null, undefined, 'text', 7)), async (event) => {
      await expect(answerTo(event)).rejects.toThrow('not an HTTP request');
    }),
    { ...bounded, numRuns: 200 },
  );
});
