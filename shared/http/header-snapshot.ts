/**
 * A header as lists, read once: on Workers every call of `Headers` leaves JavaScript.
 *
 * A client repeats most of its fields with every request. Those are the stable ones; ids and the referring page are
 * volatile. `cache/header-interner.ts` recognises stable fields that came before.
 */
import type { FieldName, Fields } from './headers.ts';

/** Both lists in the same order; names in lower case, `set-cookie` as often as it came. */
export interface HeaderList extends Fields {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

export interface StableHeaders extends HeaderList {
  /** Which volatile fields came: the names are stable, the values are not. */
  readonly volatileNames: readonly string[];
}

/** The header of a request, split. */
export interface HeaderSnapshot extends Fields {
  /** About what the fields take on the wire of HTTP/1.1 (Headers hold one character per byte). */
  readonly bytes: number;
  /** From `createHeaderInterner` the same object whenever the same fields come again. */
  readonly stable: StableHeaders;
  /** In the order of `stable.volatileNames`. */
  readonly volatileValues: readonly string[];
}

/** Fields with a new value in nearly every request. One that is missing here makes caching less effective, and no less safe. */
const volatile: readonly string[] = [
  // Cloudflare, AWS, CloudFront, Google.
  ...['cf-ray', 'x-amzn-trace-id', 'x-amz-cf-id', 'x-cloud-trace-context'],
  ...['x-request-id', 'x-correlation-id'],
  // Browsers: the page that asks, the copy that is held already (RFC 9110, sections 10.1.3, 13.1 and 14.2).
  ...['referer', 'if-none-match', 'if-modified-since', 'range'],
  // W3C Trace Context and Baggage, B3, Datadog, Sentry.
  ...['traceparent', 'tracestate', 'baggage'],
  ...['b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid'],
  ...['x-datadog-trace-id', 'x-datadog-parent-id', 'sentry-trace'],
];
const volatileByLength: readonly (readonly string[])[] = Array.from(
  { length: Math.max(...volatile.map(({ length }) => length)) + 1 },
  (_, length) => volatile.filter((name) => name.length === length),
);
const isVolatile = (name: string): boolean => volatileByLength[name.length]?.includes(name) ?? false;

/** `: ` and the line end. */
const separatorBytes = 4;

/** Linear search: a header has about twenty fields. */
class List implements StableHeaders {
  readonly names: string[] = [];
  readonly values: string[] = [];
  readonly volatileNames: string[] = [];

  get(name: FieldName): string | null {
    const at = this.names.indexOf(name);
    return at < 0 ? null : (this.values[at] as string);
  }
  has(name: FieldName): boolean {
    return this.names.includes(name);
  }
}

class Snapshot implements HeaderSnapshot {
  readonly stable: StableHeaders;
  readonly volatileValues: readonly string[];
  readonly bytes: number;

  constructor(stable: StableHeaders, volatileValues: readonly string[], bytes: number) {
    this.stable = stable;
    this.volatileValues = volatileValues;
    this.bytes = bytes;
  }
  get(name: FieldName): string | null {
    const value = this.stable.get(name);
    if (value !== null) return value;
    const at = this.stable.volatileNames.indexOf(name);
    return at < 0 ? null : (this.volatileValues[at] as string);
  }
  has(name: FieldName): boolean {
    return this.stable.has(name) || this.stable.volatileNames.includes(name);
  }
}

/** For a header that comes only once, such as a reply's. Later changes of `headers` do not change the list. */
export function listHeaders(headers: Headers): HeaderList {
  const list = new List();
  headers.forEach((value, name) => {
    list.names.push(name);
    list.values.push(value);
  });
  return list;
}

export function readHeaders(headers: Headers): HeaderSnapshot {
  const stable = new List();
  const volatileValues: string[] = [];
  let bytes = 0;
  headers.forEach((value, name) => {
    bytes += name.length + value.length + separatorBytes;
    if (isVolatile(name)) {
      stable.volatileNames.push(name);
      volatileValues.push(value);
    } else {
      stable.names.push(name);
      stable.values.push(value);
    }
  });
  return new Snapshot(stable, volatileValues, bytes);
}

/** The same request, over stable fields that are equal. */
export const withStable = ({ volatileValues, bytes }: HeaderSnapshot, stable: StableHeaders): HeaderSnapshot =>
  new Snapshot(stable, volatileValues, bytes);
