import type { Platform } from '../platform.ts';
import type { SessionEvent } from '../session/events.ts';

type SessionFields = {
  readonly [Name in SessionEvent['event']]: readonly (
    | 'session_tag?'
    | Exclude<keyof Extract<SessionEvent, { event: Name }>, 'event' | 'sessionId'>
  )[];
};

/** `log/session-events.ts` writes these. The tag is absent if the session is not known. */
const sessionEvents = {
  'session-begun': ['session_tag?', 'anonymous'],
  'session-ended': ['session_tag?', 'why'],
  'session-ended-everywhere': ['session_tag?'],
  'session-rotated': ['session_tag?', 'how'],
  'session-reuse': ['session_tag?', 'because'],
  'session-rejected': ['session_tag?', 'reason', 'because'],
  'session-client-changed': ['session_tag?', 'what', 'strict'],
  'session-key-unknown': ['session_tag?'],
} as const satisfies SessionFields;

/**
 * All events of the log, each with its fields besides `event` and `at`. A field with `?` is not in every line. A test compares
 * this list with `docs/observability.md`. The access line is in `access-line.ts`.
 */
export const events = {
  ...sessionEvents,
  'command-ignored': ['request_id', 'origin', 'reason'],
  'update-not-saved': ['request_id', 'origin', 'reason'],
  'socket-closed': ['request_id', 'origin', 'code', 'because'],
  'origin-ejected': ['pool', 'origin', 'until', 'confirmed_by'],
  'origin-down': ['pool', 'origin'],
  'origin-up': ['pool', 'origin'],
  'origin-controlled': ['service', 'pool', 'origin', 'state?', 'weight?', 'drainBy?', 'shed?'],
  'store-down': ['store', 'cause', 'since'],
  'store-up': ['store', 'cause', 'since'],
  'control-unreadable': ['reason'],
  'counts-kept-back': ['reason'],
  'platform-cache-hit': ['origin', 'status'],
  'not-ready': ['request_id', 'reason'],
  misconfigured: ['problems'],
  refused: ['request_id', 'status', 'code', 'reason'],
  undelivered: ['request_id', 'status', 'code'],
  deferred_work_lost: ['reason'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type EventName = keyof typeof events;
export type EventFields<Name extends EventName> = Name extends EventName
  ? FieldsOf<(typeof events)[Name][number]>
  : never;
type FieldsOf<Field extends string> = {
  readonly [Name in Field as Name extends `${string}?` ? never : Name]: unknown;
} & {
  readonly [Name in Field as Name extends `${infer Bare}?` ? Bare : never]?: unknown;
};

/** Writes an event. `at`: when it happened, in milliseconds since the epoch. */
export const logEvent = <Name extends EventName>(
  platform: Pick<Platform, 'log' | 'now'>,
  event: Name,
  fields: EventFields<Name>,
  at: number = platform.now(),
): void => platform.log({ event, at: new Date(at).toISOString(), ...fields });
