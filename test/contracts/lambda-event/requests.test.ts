import { describe, expect, it } from 'vitest';
import { createHandler } from '../../../lambda/handlers.ts';
import type { Arrival, Platform } from '../../../shared/platform.ts';
import { functionUrl, httpApi, loadBalancer, restApi, type Told, tellers } from '../../support/lambda-events.ts';

interface Seen {
  readonly request: Request;
  readonly arrival: Arrival;
}

/** What the gateway is given for an event, or the answer that was given without asking it. */
async function arrive(event: unknown): Promise<{ seen: Seen | null; result: unknown; log: Record<string, unknown>[] }> {
  let seen: Seen | null = null;
  const log: Record<string, unknown>[] = [];
  const platform = { door: 'lambda', now: () => 0, log: (line) => log.push(line) } as Partial<Platform> as Platform;
  const handler = createHandler({
    platform,
    place: { latitude: 50.1, longitude: 8.7 },
    gateway: {
      async handle(request, arrival) {
        seen = { request, arrival };
        return new Response(null, { status: 204 });
      },
    },
  });
  const result = await handler(event);
  return { seen, result, log };
}

async function passed(event: unknown): Promise<Seen> {
  const { seen } = await arrive(event);
  if (!seen) throw new Error('the request was refused');
  return seen;
}

describe.each(tellers)('a request through $name', (teller) => {
  const sent = (told: Told) => passed(teller.event(told));
  const refusal = async (told: Told) => {
    const { seen, result } = await arrive(teller.event(told));
    return seen ? null : { ...teller.result(result), code: JSON.parse(teller.result(result).body.toString()).code };
  };

  it('keeps every byte of its body', async () => {
    const body = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256));
    const { arrival, request } = await sent({ method: 'POST', body, fields: [['content-length', '512']] });
    expect(Buffer.from(arrival.body as Uint8Array).equals(body)).toBe(true);
    expect(request.headers.get('content-length')).toBe('512');
  });

  it('keeps text beyond ASCII in its body, and counts it in bytes', async () => {
    const { arrival, request } = await sent({ method: 'POST', body: 'grüße', fields: [['content-length', '3']] });
    expect(Buffer.from(arrival.body as Uint8Array).toString('utf8')).toBe('grüße');
    expect(request.headers.get('content-length')).toBe('7');
  });

  it('may be a GET with a body', async () => {
    const { arrival, request } = await sent({ method: 'GET', body: Buffer.from('{"query":1}') });
    expect(request.method).toBe('GET');
    expect(Buffer.from(arrival.body as Uint8Array).toString()).toBe('{"query":1}');
  });

  it('has no body and no length when the client sent neither', async () => {
    const { arrival, request } = await sent({});
    expect(arrival.body).toBeNull();
    expect(request.headers.has('content-length')).toBe(false);
  });

  it('says length 0 when the client framed an empty body', async () => {
    const { request } = await sent({ method: 'POST', fields: [['content-length', '0']] });
    expect(request.headers.get('content-length')).toBe('0');
  });

  it('keeps method, host and path', async () => {
    const { request } = await sent({
      method: 'PATCH',
      path: '/a/b%20c/%C3%A9',
      fields: [['host', 'Shop.example:8443']],
    });
    expect(request.method).toBe('PATCH');
    expect(request.headers.get('host')).toBe('Shop.example:8443');
    expect(new URL(request.url).pathname).toBe('/a/b%20c/%C3%A9');
  });

  it('keeps every cookie, in order and byte for byte', async () => {
    const { request } = await sent({ fields: [['cookie', 'a=1; b="x y"; a=2; c=%3B=']] });
    expect(request.headers.get('cookie')).toBe('a=1; b="x y"; a=2; c=%3B=');
  });

  it('has one list of cookies, even if they came in several lines', async () => {
    const { request } = await sent({
      fields: [
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
      ],
    });
    expect(request.headers.get('cookie')).toBe('a=1; b=2');
  });

  it('keeps repeated query names and escaped signs', async () => {
    const { arrival, request } = await sent({ query: 'a=1&a=2&q=x%26y%3Dz' });
    expect(new URL(request.url).searchParams.getAll('a')).toEqual(['1', '2']);
    expect(new URL(request.url).searchParams.get('q')).toBe('x&y=z');
    expect(arrival.rawQuery).toBe('?a=1&a=2&q=x%26y%3Dz');
  });

  it('names the peer that the platform proved, whatever the client wrote', async () => {
    const { arrival, request } = await sent({ fields: [['x-forwarded-for', '203.0.113.5']] });
    expect(arrival.peer(request.headers).address).toBe('198.51.100.7');
    expect(request.headers.get('x-forwarded-for')).toBe('203.0.113.5');
    expect(arrival.scheme).toBe('https');
  });

  it('is where the function runs', async () => {
    const { arrival, request } = await sent({});
    expect(arrival.peer(request.headers).place).toEqual({ latitude: 50.1, longitude: 8.7 });
  });

  it('loses the framing of the message that ended at the platform', async () => {
    const { request } = await sent({
      method: 'POST',
      body: 'x',
      fields: [
        ['transfer-encoding', 'chunked'],
        ['trailer', 'expires'],
      ],
    });
    expect(request.headers.has('transfer-encoding')).toBe(false);
    expect(request.headers.has('trailer')).toBe(false);
    expect(request.headers.get('content-length')).toBe('1');
  });

  it.each<[string, Told]>([
    [
      'with two hosts',
      {
        fields: [
          ['host', 'a.example'],
          ['Host', 'b.example'],
        ],
      },
    ],
    [
      'with two hosts in one line',
      {
        fields: [
          ['host', 'a.example'],
          ['host', 'b.example'],
        ],
      },
    ],
    [
      'with two lengths',
      {
        fields: [
          ['content-length', '1'],
          ['Content-Length', '2'],
        ],
      },
    ],
    [
      'with two lengths in one line',
      {
        fields: [
          ['content-length', '5'],
          ['content-length', '5'],
        ],
      },
    ],
    ['with a length that is no number', { fields: [['content-length', '+5']] }],
    ['with a header name that is not a token', { fields: [['x header', '1']] }],
    ['with a colon in a header name', { fields: [['x:y', '1']] }],
    ['with an empty header name', { fields: [['', '1']] }],
    ['with CR LF in a header value', { fields: [['x-a', 'b\r\nhost: evil.example']] }],
    ['with LF alone in a header value', { fields: [['x-a', 'b\nc']] }],
    ['with NUL in a header value', { fields: [['x-a', 'b\0c']] }],
    ['with another control character in a header value', { fields: [['x-a', 'b\x0bc']] }],
    ['with CR LF in a cookie', { fields: [['cookie', 'a=b\r\nx: y']] }],
    ['with a host that brings a path', { fields: [['host', 'shop.example/evil']] }],
    ['with a host that brings a user', { fields: [['host', 'user@evil.example']] }],
    ['with a method that is no token', { method: 'GE T' }],
    ['with a path that is not one', { path: 'shop.example' }],
  ])('is refused %s', async (_, told) => {
    expect(await refusal(told)).toMatchObject({ status: 400, code: 'bad_request' });
  });

  it.each(['TRACE', 'CONNECT'])('is refused with the method %s', async (method) => {
    expect(await refusal({ method })).toMatchObject({ status: 501, code: 'not_supported' });
  });

  it('keeps a path that looks like another host a path', async () => {
    const { request } = await sent({ path: '//evil.example/x' });
    expect(new URL(request.url).host).toBe('shop.example');
    expect(new URL(request.url).pathname).toBe('//evil.example/x');
  });
});

describe('the reason of a refusal', () => {
  it('goes to the log and not to the client', async () => {
    const { result, log } = await arrive(functionUrl.event({ fields: [['x-a', 'b\nc']] }));
    expect(log).toEqual([
      expect.objectContaining({ event: 'refused', code: 'bad_request', reason: expect.any(String) }),
    ]);
    expect(functionUrl.result(result).body.toString()).not.toContain(String(log[0]?.reason));
  });
});

describe('a path that the platform decoded', () => {
  const pathOf = async (rawPath: string) => {
    const event = httpApi.event({}) as { rawPath: string };
    const { request } = await passed({ ...event, rawPath });
    return new URL(request.url);
  };

  it.each([
    ['/a?admin=1', '/a%3Fadmin=1'],
    ['/a#b', '/a%23b'],
    ['/100%', '/100%25'],
    ['/a%2Fb', '/a%252Fb'],
    ['/a\\b', '/a%5Cb'],
    ['/a b', '/a%20b'],
    ['/é', '/%C3%A9'],
    ['/a\r\nb', '/a%0D%0Ab'],
    ['/a\0', '/a%00'],
  ])('%j stays a path', async (rawPath, pathname) => {
    const url = await pathOf(rawPath);
    expect(url.pathname).toBe(pathname);
    expect(url.search).toBe('');
    expect(url.hash).toBe('');
  });

  it('is told from one that it left alone', async () => {
    for (const teller of [functionUrl, restApi, loadBalancer]) {
      const { request } = await passed(teller.event({ path: '/a%2Fb%25?c' }));
      expect(new URL(request.url).pathname).toBe('/a%2Fb%25%3Fc');
    }
    const oldFormat = { ...(restApi.event({ path: '/a%2Fb' }) as object), version: '1.0' };
    expect(new URL((await passed(oldFormat)).request.url).pathname).toBe('/a%252Fb');
  });
});

describe('a query', () => {
  it('is handed on as it came, signs included that a URL parser would change', async () => {
    const { arrival } = await passed(functionUrl.event({ query: "q='x'&r=%zz&s=\"" }));
    expect(arrival.rawQuery).toBe("?q='x'&r=%zz&s=\"");
  });

  it('cannot end early', async () => {
    const { arrival } = await passed(functionUrl.event({ query: 'a=1#b c\r\n' }));
    expect(arrival.rawQuery).toBe('?a=1%23b%20c%0D%0A');
  });

  it('is rebuilt from the decoded values of a REST API so that it means the same', async () => {
    const { arrival } = await passed(restApi.event({ query: 'a%5B%5D=x%20y&a%5B%5D=%23&e=' }));
    expect(arrival.rawQuery).toBe('?a%5B%5D=x%20y&a%5B%5D=%23&e=');
  });

  it('of a load balancer keeps its escapes', async () => {
    const { arrival } = await passed(loadBalancer.event({ query: 'a=%2B+%41' }));
    expect(arrival.rawQuery).toBe('?a=%2B+%41');
  });
});

describe('the platform’s own name', () => {
  it('is known for Function URLs and APIs, and load balancers have none', async () => {
    const names = await Promise.all(
      tellers.map(async (teller) => (await passed(teller.event({}))).arrival.platformHost),
    );
    expect(names).toEqual([
      'xyz789.lambda-url.eu-central-1.on.aws',
      'abc123.execute-api.eu-central-1.amazonaws.com',
      'abc123.execute-api.eu-central-1.amazonaws.com',
      null,
    ]);
  });
});

describe('a load balancer', () => {
  it('that sends single-value headers is refused, because a cookie would be lost', async () => {
    const { multiValueHeaders: _, ...event } = loadBalancer.event({}) as { multiValueHeaders: unknown };
    const { result, log, seen } = await arrive({ ...event, headers: { host: 'shop.example' } });
    expect(seen).toBeNull();
    expect(result).toMatchObject({ statusCode: 503, headers: { 'content-type': 'application/problem+json' } });
    expect(log[0]).toMatchObject({ code: 'misconfigured', reason: expect.stringContaining('multi_value_headers') });
  });

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
  ])('names its client %s last', async (written, address) => {
    const event = loadBalancer.event({}) as { multiValueHeaders: Record<string, string[]> };
    event.multiValueHeaders['x-forwarded-for'] = [`192.0.2.1, ${written}`];
    const { arrival, request } = await passed(event);
    expect(arrival.peer(request.headers).address).toBe(address);
    expect(request.headers.get('x-forwarded-for')).toBe('192.0.2.1');
  });

  it('may ask without a Host, as its health check does', async () => {
    const event = loadBalancer.event({}) as { multiValueHeaders: Record<string, string[]> };
    delete event.multiValueHeaders.host;
    const { request } = await passed(event);
    expect(new URL(request.url).host).toBe('host.invalid');
  });
});

describe('what is no HTTP request', () => {
  it('is an error to whoever invoked the function', async () => {
    await expect(arrive({ 'detail-type': 'Scheduled Event' })).rejects.toThrow('not an HTTP request');
    await expect(arrive(null)).rejects.toThrow('not an HTTP request');
  });
});
