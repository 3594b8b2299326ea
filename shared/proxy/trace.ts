/** One hop of a distributed trace (W3C Trace Context, sections 3.2 and 3.3): the trace goes on, the parent is ours. */
import { randomHex } from '../crypto/random-hex.ts';

export interface Trace {
  readonly parent: string;
  readonly state: string | null;
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** `sampled` and `random-trace-id`; the other flags have no meaning yet and must be sent as 0. */
const knownFlags = 0b11;
/**
 * A trace that begins here is marked sampled: we record nothing ourselves, and `00` would tell every origin with a
 * parent-based sampler (the default of OpenTelemetry) never to record its own.
 */
const sampled = '01';
const traceBytes = 16;
/** All zeros once in 2^64 times, and then it is no parent. */
const parentBytes = 8;

/**
 * A traceparent that is not valid is as if it were not there, and its tracestate with it. A trace that begins here has the
 * digits of the request's id, so that whoever has one finds the other, and a second try at an origin is of the same trace.
 */
export function traceOf(traceparent: string | null, tracestate: string | null, requestId: string): Trace {
  const known = traceparent === null ? null : form.exec(traceparent);
  if (!known || !isValid(known)) {
    return { parent: `00-${traceOfRequest(requestId)}-${randomHex(parentBytes)}-${sampled}`, state: null };
  }
  const flags = (Number.parseInt(known[4] as string, 16) & knownFlags).toString(16).padStart(2, '0');
  return { parent: `00-${known[2]}-${randomHex(parentBytes)}-${flags}`, state: tracestate };
}

/** As `crypto.randomUUID` spells it (RFC 9562, version 4), with a digit in it that is never 0: a trace of zeros is none. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A proxy in front may have given the request an id of another form. */
const traceOfRequest = (id: string): string =>
  uuid.test(id)
    ? id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24)
    : randomHex(traceBytes);

const zeros = /^0+$/;

/** Version `ff` is forbidden, all-zero ids are invalid, and only versions after 00 may have more fields. */
function isValid([, version, traceId, parentId, , more]: RegExpExecArray): boolean {
  if (version === 'ff' || (version === '00' && more !== undefined)) return false;
  return !zeros.test(traceId as string) && !zeros.test(parentId as string);
}
