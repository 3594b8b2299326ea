/** One hop of a distributed trace (W3C Trace Context, sections 3.2 and 3.3): the trace goes on, the parent is ours. */

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

/** A traceparent that is not valid is as if it were not there, and its tracestate with it. */
export function traceOf(traceparent: string | null, tracestate: string | null): Trace {
  const known = traceparent === null ? null : form.exec(traceparent);
  if (!known || !isValid(known)) {
    return { parent: `00-${freshTrace()}-${freshParent()}-${sampled}`, state: null };
  }
  const flags = (Number.parseInt(known[4] as string, 16) & knownFlags).toString(16).padStart(2, '0');
  return { parent: `00-${known[2]}-${freshParent()}-${flags}`, state: tracestate };
}

/** Hexadecimal digits out of a UUID: the cheapest random ones that both platforms have. */
function freshTrace(): string {
  const id = crypto.randomUUID();
  return id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24);
}
/** From where a UUID has random digits alone, so that it is never all zeros but by chance. */
function freshParent(): string {
  const id = crypto.randomUUID();
  return id.slice(9, 13) + id.slice(24);
}

const zeros = /^0+$/;

/** Version `ff` is forbidden, all-zero ids are invalid, and only versions after 00 may have more fields. */
function isValid([, version, traceId, parentId, , more]: RegExpExecArray): boolean {
  if (version === 'ff' || (version === '00' && more !== undefined)) return false;
  return !zeros.test(traceId as string) && !zeros.test(parentId as string);
}
