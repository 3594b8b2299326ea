import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createHeaderInterner } from '../../../../shared/cache/header-interner.ts';
import { createOriginHeaders, type OriginHeaders } from '../../../../shared/proxy/origin-headers/build.ts';
import { settingsFor } from '../../../support/proxy-settings.ts';

/** Few values of each, so that many requests agree in all but one of them. */
const oneOf = <const T>(...values: readonly T[]) => fc.constantFrom<T[]>(...values);

const line = fc.oneof(
  fc.tuple(oneOf('accept', 'cookie', 'authorization', 'x-note', 'x_note', 'via', 'cdn-loop'), oneOf('a', 'b')),
  fc.tuple(oneOf('cookie'), oneOf('__Host-session=a; b=c', '__Host-session=b; b=c', 'b=c')),
  fc.tuple(oneOf('authorization'), oneOf('Session a', 'Session b', 'Bearer a')),
  fc.tuple(oneOf('cf-ray', 'traceparent', 'tracestate', 'referer', 'x-correlation-id'), oneOf('a', 'b', 'lost \ufffd')),
  fc.tuple(oneOf('traceparent'), oneOf('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')),
  fc.tuple(oneOf('connection'), oneOf('x-note', 'cf-ray', 'referer, x-note')),
  fc.tuple(oneOf('x-forwarded-for', 'session-status', 'remote-user', 'session-affinity'), oneOf('a', 'b')),
);

const request = fc.record({
  lines: fc.array(line, { maxLength: 5 }),
  client: fc.record({
    now: oneOf(0, 1),
    requestId: oneOf<string>('request-0001', 'request-0002'),
    uuid: oneOf<string>('6f1c2a52-0d3e-4b7a-9c11-5e8f7a6b3c2d', '7f1c2a52-0d3e-4b7a-9c11-5e8f7a6b3c2e'),
    address: oneOf('203.0.113.9', '2001:db8::1', null),
    forwardedFor: oneOf<readonly string[]>([], ['192.0.2.1'], ['192.0.2.1', '192.0.2.2']),
    place: fc.constant(null),
    publicOrigin: oneOf(
      { origin: 'https://shop.example', host: 'shop.example', scheme: 'https' as const },
      { origin: 'http://shop.example', host: 'shop.example', scheme: 'http' as const },
      { origin: 'https://b.example:8443', host: 'b.example:8443', scheme: 'https' as const },
    ),
    userAgent: fc.constant(''),
  }),
  session: oneOf('active', 'anonymous', 'off'),
  assertion: oneOf('header.payload.one', 'header.payload.two', null),
  affinity: oneOf(null, { origin: 'eu', epoch: 1, next: 'us' }, { origin: 'eu', epoch: 2, next: null }),
  identity: oneOf<readonly (readonly [string, string])[]>(
    [],
    [['x-forwarded-user', 'ada']],
    [['x-forwarded-user', 'grace']],
    [
      ['x-forwarded-user', 'ada'],
      ['x-forwarded-email', 'ada@shop.example'],
    ],
  ),
  upgrade: fc.boolean(),
});

type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

const fact = oneOf('lines', 'client', 'session', 'assertion', 'affinity', 'identity', 'upgrade');

function gateway(): (from: Request) => OriginHeaders {
  const intern = createHeaderInterner();
  const build = createOriginHeaders(settingsFor());
  return ({ lines, ...facts }) => {
    const incoming = new Headers();
    for (const [name, value] of lines) incoming.append(name, value.replace('\ufffd', '\u00ff'));
    const fields = intern(incoming);
    // Node's Headers hold bytes and lose none. A text from workerd may have lost some.
    const seen = (value: string) => value.replace('\u00ff', '\ufffd');
    const volatileValues = fields.volatileValues.map(seen);
    const get = (name: Lowercase<string>) => {
      const at = fields.stable.volatileNames.indexOf(name);
      return at < 0 ? fields.get(name) : (volatileValues[at] as string);
    };
    const { stable, bytes } = fields;
    return build(incoming, {
      ...facts,
      fields: { get, has: (name) => fields.has(name), stable, bytes, volatileValues },
    });
  };
}

const seen = ({ headers, perRequest }: OriginHeaders) => [[...headers], [...perRequest]];

const bounded = { numRuns: 1_000, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true };

it('a gateway that has served others sends what a gateway would send that has served nobody', () => {
  fc.assert(
    fc.property(fc.array(request, { minLength: 2, maxLength: 8 }), (requests) => {
      const send = gateway();
      for (const one of requests) expect(seen(send(one))).toEqual(seen(gateway()(one)));
    }),
    bounded,
  );
});

it('requests that differ in one fact alone are told apart', () => {
  fc.assert(
    fc.property(request, request, fact, (one, other, name) => {
      const changed: Request = { ...one, [name]: other[name] };
      const send = gateway();
      send(one);
      expect(seen(send(changed))).toEqual(seen(gateway()(changed)));
      expect(seen(send(one))).toEqual(seen(gateway()(one)));
    }),
    bounded,
  );
});

it('a header that was handed out is never changed by a later request', () => {
  fc.assert(
    fc.property(request, request, (one, other) => {
      const ids = { requestId: 'request-0003', uuid: '8f1c2a52-0d3e-4b7a-9c11-5e8f7a6b3c2f' };
      const send = gateway();
      const sent = send(one);
      const before = seen(sent);
      for (const later of [{ ...one, client: { ...one.client, ...ids } }, { ...one, lines: other.lines }, other, one]) {
        send(later);
        expect(seen(sent)).toEqual(before);
      }
    }),
    bounded,
  );
});

it('a name is in the shared header or in the request’s own, and never in both', () => {
  fc.assert(
    fc.property(request, (one) => {
      const { headers, perRequest } = gateway()(one);
      for (const [name] of perRequest) expect(headers.has(name), name).toBe(false);
    }),
    bounded,
  );
});
