/**
 * A header, walked once: on Workers each look at `Headers` is a call out of JavaScript, and a request is looked at often.
 *
 * Who asks again mostly says the same again, but for ids, and the page they come from, which are new in every request.
 * Those are set apart, and the rest is recognised when it comes again, so that what follows from it is worked out once
 * (`followingFrom`). Nothing is taken for granted: each name and each value is compared with those that came before.
 */
import { createRecent, finalKey, firstKey, nextKey } from '../cache/lru.ts';
import { type FieldName, type Fields, hasLostBytes } from './headers.ts';

export interface Survey extends Fields {
  /** About what the fields take on the wire of HTTP/1.1 (Headers hold one character per byte). */
  readonly bytes: number;
  /** All but the fresh ones. The same object when the same has come before. */
  readonly lasting: Lasting;
  /** In the order of `lasting.freshNames`. */
  readonly freshValues: readonly string[];
}

/** Both lists in the same order; names in lower case, `set-cookie` as often as it came. */
export interface Walk extends Fields {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

export interface Lasting extends Walk {
  /** The fields that are new in every request: that they came lasts, what they say does not. */
  readonly freshNames: readonly string[];
}

/**
 * What is new in nearly every request and asks nothing of a gateway. A name that is missing here costs the recognition and
 * nothing else.
 */
const fresh: readonly string[] = [
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
const freshByLength: readonly (readonly string[])[] = Array.from(
  { length: Math.max(...fresh.map(({ length }) => length)) + 1 },
  (_, length) => fresh.filter((name) => name.length === length),
);
const isFresh = (name: string): boolean => freshByLength[name.length]?.includes(name) ?? false;

/** `name: value` and the line end. */
const bytesBesides = 4;

/**
 * Two lists and a search: of the twenty fields that a browser sends, a hash table costs more than it finds. One class for
 * requests and replies: some of a request's are always remembered, and so V8 never forgets what they look like.
 */
class Walked implements Lasting {
  readonly names: string[] = [];
  readonly values: string[] = [];
  readonly freshNames: string[] = [];

  get(name: FieldName): string | null {
    const at = this.names.indexOf(name);
    return at < 0 ? null : (this.values[at] as string);
  }
  has(name: FieldName): boolean {
    return this.names.includes(name);
  }
}

class Whole implements Survey {
  readonly lasting: Lasting;
  readonly freshValues: readonly string[];
  readonly bytes: number;

  constructor(lasting: Lasting, freshValues: readonly string[], bytes: number) {
    this.lasting = lasting;
    this.freshValues = freshValues;
    this.bytes = bytes;
  }
  get(name: FieldName): string | null {
    const value = this.lasting.get(name);
    if (value !== null) return value;
    const at = this.lasting.freshNames.indexOf(name);
    return at < 0 ? null : (this.freshValues[at] as string);
  }
  has(name: FieldName): boolean {
    return this.lasting.has(name) || this.lasting.freshNames.includes(name);
  }
}

/** A header that is looked at once, like a reply's. Set down first, so that it may be changed while it is gone through. */
export function walkOf(headers: Headers): Walk {
  const walked = new Walked();
  headers.forEach((value, name) => {
    walked.names.push(name);
    walked.values.push(value);
  });
  return walked;
}

export function surveyOf(headers: Headers): Survey {
  const walked = new Walked();
  const freshValues: string[] = [];
  let bytes = 0;
  headers.forEach((value, name) => {
    bytes += name.length + value.length + bytesBesides;
    if (isFresh(name)) {
      walked.freshNames.push(name);
      freshValues.push(value);
    } else {
      walked.names.push(name);
      walked.values.push(value);
    }
  });
  return new Whole(walked, freshValues, bytes);
}

/** With cookies of 1 kB, and what follows from them, about 10 kB each. */
const mostRemembered = 500;
/** Who sends more is looked at anew each time, and cannot fill the memory of others. */
const mostBytes = 8 * 1024;

/** Surveys that recognise what has come before. */
export function createSurveys(): (headers: Headers) => Survey {
  const recent = createRecent<Lasting>(mostRemembered);

  return (headers) => {
    const survey = surveyOf(headers);
    const { lasting, freshValues, bytes } = survey;
    if (bytes > mostBytes) return survey;
    const key = keyOf(lasting);
    const known = recent.get(key);
    if (known !== undefined && areAlike(known, lasting)) return new Whole(known, freshValues, bytes);
    // What looks like it next time may have come as other bytes.
    if (!lasting.values.some(hasLostBytes)) recent.set(key, lasting);
    return survey;
  };
}

/** Clients differ in the ends of their values: of a cookie, a token, an address. */
const charactersOfEach = 4;

function keyOf({ values, freshNames }: Lasting): number {
  let key: number = firstKey;
  for (const name of freshNames) key = nextKey(nextKey(key, name.length), name.charCodeAt(0));
  for (const value of values) {
    const { length } = value;
    key = nextKey(key, length);
    for (let i = Math.max(0, length - charactersOfEach); i < length; i++) key = nextKey(key, value.charCodeAt(i));
  }
  return finalKey(key);
}

const areAlike = (one: Lasting, other: Lasting): boolean =>
  areSame(one.names, other.names) && areSame(one.values, other.values) && areSame(one.freshNames, other.freshNames);

function areSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}

/** What follows from a header's lasting fields alone: worked out once, for all requests that bring the same. */
export function followingFrom<T>(work: (header: Fields) => T): (header: Survey) => T {
  const known = new WeakMap<Lasting, { readonly result: T }>();
  return ({ lasting }) => {
    const before = known.get(lasting);
    if (before !== undefined) return before.result;
    const result = work(lasting);
    known.set(lasting, { result });
    return result;
  };
}
