/** Reads and writes the cookies of stored sessions. A cookie is verified once per text. */

import { createLru } from '../../../cache/lru.ts';
import { sha256Base64url } from '../../../crypto/digest.ts';
import type { KeyRing } from '../../../crypto/key-ring.ts';
import type { MaybePromise } from '../../../time/maybe-promise.ts';
import { maxValueLength } from '../../size.ts';
import type { Unreadable } from '../../strategy/refusals.ts';
import { subjectKeyOf } from '../../strategy/subject-key.ts';
import { withinAbsolute } from '../mapping.ts';
import { readHandle, writeHandle } from './handle.ts';
import { createSnapshots, type Snapshot } from './snapshot.ts';

/** A cookie with a valid MAC. Its session may have ended. */
export interface Credential {
  readonly sessionId: string;
  readonly secret: string;
  readonly secretHash: string;
  readonly subjectKey: string | null;
  readonly snapshot: Snapshot;
  /** Signed under a key that is no longer the first. */
  readonly stale: boolean;
}

export interface Credentials {
  /** `null` unless this gateway wrote it. */
  read(value: string): MaybePromise<Credential | null>;
  /** Why `read` answered `null`. */
  whyUnreadable(value: string): Promise<Unreadable>;
  /** `null` when it is too long for a cookie (`size.ts`). */
  write(sessionId: string, secret: string, snapshot: Snapshot): Promise<string | null>;
}

/** `absoluteMs`: also ends sessions that began under a longer one. */
export function createCredentials(
  ring: KeyRing,
  maxLength = maxValueLength,
  absoluteMs = Number.POSITIVE_INFINITY,
): Credentials {
  const snapshots = createSnapshots(ring);
  const verified = createLru<Credential>();
  async function verify(value: string): Promise<Credential | null> {
    const handle = readHandle(value);
    if (!handle) return null;
    const opened = await snapshots.open(handle.snapshot, handle.locator, handle.secret);
    if (!opened) return null;
    const secretHash = await sha256Base64url(handle.secret);
    const subjectKey = await subjectKeyOf(opened.snapshot.subject);
    const { stale } = opened;
    const snapshot = withinAbsolute(opened.snapshot, absoluteMs);
    const credential = { sessionId: handle.locator, secret: handle.secret, secretHash, subjectKey, snapshot, stale };
    verified.set(value, credential);
    return credential;
  }

  return {
    read: (value) => verified.get(value) ?? verify(value),

    async whyUnreadable(value) {
      const handle = readHandle(value);
      if (!handle) return { because: 'shape', sessionId: null };
      const because = await snapshots.whyUnreadable(handle.snapshot, handle.locator, handle.secret);
      return { because, sessionId: because === 'key' ? handle.locator : null };
    },

    async write(sessionId, secret, snapshot) {
      const value = writeHandle({
        locator: sessionId,
        secret,
        snapshot: await snapshots.sign(snapshot, sessionId, secret),
      });
      return value.length <= maxLength ? value : null;
    },
  };
}
