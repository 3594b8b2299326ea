/** Port: how sessions begin, change and end. In an outage of the store every method throws `StoreUnavailable`. */
import type { Fingerprint } from '../request/fingerprint.ts';
import type { Identity, Session } from '../session.ts';
import type { UnwrittenEndings } from './unwritten-endings.ts';

/** What a session begins with. */
export interface Beginning {
  /** `null`: an anonymous session. */
  readonly identity: Identity | null;
  readonly now: number;
  readonly client: Fingerprint;
  /** The device's name in the list of devices, unless the identity has a label. */
  readonly device: string;
  /** The client's live session, which the new one replaces. An anonymous one passes its data on. */
  readonly from: { readonly session: Session; readonly value: string } | null;
}

export type Begun =
  | { readonly kind: 'begun'; readonly session: Session; readonly value: string }
  /** Too long for a cookie (`size.ts`). */
  | { readonly kind: 'too-large' }
  /** The subject has reached its limit of sessions. */
  | { readonly kind: 'full' };

export type Changed =
  | { readonly kind: 'changed'; readonly session: Session; readonly value: string | null }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'ended' };

export type EndedOthers =
  | Changed
  /** The session goes on under that value. The end of the others could not be written, and is written later. */
  | { readonly kind: 'unfinished'; readonly session: Session; readonly value: string; readonly because: string };

/** `null` removes a key. */
export type DataPatch = Readonly<Record<string, unknown>>;

export interface Lifecycle {
  /** Begins a session, always with a new id. */
  begin(beginning: Beginning): Promise<Begun>;

  /** Merges into the session's data. `ifVersion`: only on top of that version. */
  update(session: Session, value: string, patch: DataPatch, ifVersion: number | null, now: number): Promise<Changed>;

  /** Issues a new value at once. The old one is invalid when this returns, without a grace. */
  rotate(session: Session, value: string, now: number): Promise<Changed>;

  /** Ends one session, and the one that `endOthers` began in its place. */
  end(sessionId: string, why: 'logout' | 'superseded' | 'service', now: number): Promise<void>;

  /** Ends all current sessions of the subject. `null` where the strategy cannot (tokens without a store). */
  readonly endSubject: ((subject: string, now: number) => Promise<void>) | null;

  /** Ends all sessions of the subject but this one, which continues under another value. `null` where the strategy cannot. */
  readonly endOthers: ((session: Session, value: string, now: number) => Promise<EndedOthers>) | null;

  /** Ends all sessions. `null` where the strategy cannot. */
  readonly endEveryone: ((now: number) => Promise<void>) | null;

  /** Endings that could not be written yet: `end` and the others threw. This isolate refuses their sessions meanwhile. */
  readonly unwritten: UnwrittenEndings;
}
