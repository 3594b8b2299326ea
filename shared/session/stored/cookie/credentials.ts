/** The cookies of stored sessions: read and verified once per text, written from a snapshot. */

import { createLru } from '../../../cache/lru.ts';
import { sha256Base64url } from '../../../crypto/digest.ts';
import type { MacRing } from '../../../crypto/keys.ts';
import type { MaybePromise } from '../../../time/maybe-promise.ts';
import { maxValueLength } from '../../size.ts';
import { withinAbsolute } from '../mapping.ts';
import { subjectKeyOf } from '../record.ts';
import { readHandle, writeHandle } from './handle.ts';
import { createSnapshots, type Snapshot } from './snapshot.ts';

/** A cookie that our own MAC vouches for. Whether its session still lives is another question. */
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
  /** `null` for whatever we did not write. */
  read(value: string): MaybePromise<Credential | null>;
  /** The family that it claims, when what could not be read has our shape and names a key that we do not have. */
  claimUnderUnknownKey(value: string): Promise<string | null>;
  /** `null` when it would be more than a client may be asked to carry. */
  write(sessionId: string, secret: string, snapshot: Snapshot): Promise<string | null>;
}

/** `absoluteMs`: a session from before it was shorter ends by it too. */
export function createCredentials(
  ring: MacRing,
  longestValue = maxValueLength,
  absoluteMs = Number.POSITIVE_INFINITY,
): Credentials {
  const snapshots = createSnapshots(ring);
  const remembered = createLru<Credential>();
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
    remembered.set(value, credential);
    return credential;
  }

  return {
    read: (value) => remembered.get(value) ?? verify(value),

    async claimUnderUnknownKey(value) {
      const handle = readHandle(value);
      return handle && (await snapshots.isUnderUnknownKey(handle.snapshot)) ? handle.locator : null;
    },

    async write(sessionId, secret, snapshot) {
      const value = writeHandle({
        locator: sessionId,
        secret,
        snapshot: await snapshots.sign(snapshot, sessionId, secret),
      });
      return value.length <= longestValue ? value : null;
    },
  };
}
