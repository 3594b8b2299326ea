/** The gateway's span in a distributed trace (W3C Trace Context, sections 3.2 and 3.3). */

export interface Trace {
  readonly parent: string;
  readonly state: string | null;
}

/** The characters of keys and values (section 3.3.1). A tracestate with any other is dropped. */
const isPrintable = /^[\t\x20-\x7e]*$/;
const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** `sampled` and `random-trace-id`. The other flags have no meaning yet and must be sent as 0. */
const knownFlags = 0b11;
/**
 * A trace that begins here is marked as sampled. The gateway records no spans, but `00` would make every origin with a
 * parent-based sampler (OpenTelemetry's default) drop its own.
 */
const sampled = '01';

/**
 * An invalid traceparent is ignored, and its tracestate with it. `uuid`: of this request (RFC 9562, version 4). The ids made
 * here are its digits, so that the request's id leads to the trace, and all attempts for one request have one parent.
 */
export function traceOf(traceparent: string | null, tracestate: string | null, uuid: string): Trace {
  const known = traceparent === null ? null : form.exec(traceparent);
  if (!known || !isValid(known)) {
    return { parent: `00-${traceIn(uuid)}-${parentIn(uuid)}-${sampled}`, state: null };
  }
  const flags = (Number.parseInt(known[4] as string, 16) & knownFlags).toString(16).padStart(2, '0');
  const state = tracestate !== null && isPrintable.test(tracestate) ? tracestate : null;
  return { parent: `00-${known[2]}-${parentIn(uuid)}-${flags}`, state };
}

const traceIn = (uuid: string): string =>
  uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24);
/** Only random digits of the UUID, so that the id is all zeros, which is invalid, once in 2^64 times. */
const parentIn = (uuid: string): string => uuid.slice(9, 13) + uuid.slice(24);

const zeros = /^0+$/;

/** Version `ff` is forbidden, all-zero ids are invalid, and only versions after 00 may have more fields. */
function isValid([, version, traceId, parentId, , more]: RegExpExecArray): boolean {
  if (version === 'ff' || (version === '00' && more !== undefined)) return false;
  return !zeros.test(traceId as string) && !zeros.test(parentId as string);
}
