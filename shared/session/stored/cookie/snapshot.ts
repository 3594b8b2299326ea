/**
 * The signed copy of a stored session in its cookie. A request within its freshness needs no store.
 *
 * base64url of: the key's tag (4 bytes), HMAC-SHA-256, JSON. The MAC covers locator and secret too, so a snapshot is
 * invalid in any other cookie.
 */
import { type Bytes, base64url, concat, fromBase64url, fromUtf8, utf8 } from '../../../crypto/bytes.ts';
import { type KeyRing, keyByTag, keyTagBytes } from '../../../crypto/key-ring.ts';
import { isAhead, mostAheadMs } from '../../../time/skew.ts';
import type { Fingerprint } from '../../request/fingerprint.ts';
import type { Claims } from '../../session.ts';
import type { Unreadable } from '../../strategy/refusals.ts';

export interface Snapshot {
  readonly subject: string | null;
  readonly claims: Claims;
  /** Only the keys that origins see; the rest of the data stays in the store. */
  readonly shownData: Claims;
  readonly acr: string | null;
  readonly amr: readonly string[];
  readonly createdAt: number;
  readonly authenticatedAt: number;
  readonly lastSeenAt: number;
  readonly endsAt: number;
  /** Of the data: the public `data_version`. */
  readonly version: number;
  /** Of the record: the store must not answer with an older one. 0: no record yet (an anonymous session without data). */
  readonly recordVersion: number;
  /** Which secret of the session's family this cookie holds, from 1, and since when. */
  readonly generation: number;
  readonly rotatedAt: number;
  /** This cookie's secret was handed out and not yet used: the store does not know that the client has it. */
  readonly pending: boolean;
  /** Names the key that derives the next secret. */
  readonly successorKey: string;
  /** The client at the login. */
  readonly atLogin: Fingerprint;
  /** When the store was last asked. Freshness counts from here. */
  readonly checkedAt: number;
}

/** A session that began in the future would outlive every `endSubject` and `maxAuthAge`. */
export const isFromTheFuture = ({ createdAt, authenticatedAt }: Snapshot, now: number): boolean =>
  isAhead(authenticatedAt, now) || createdAt > now + mostAheadMs;

export interface Snapshots {
  sign(snapshot: Snapshot, locator: string, secret: string): Promise<string>;
  /** `null` unless one of the session keys signed it for exactly this locator and secret. */
  open(text: string, locator: string, secret: string): Promise<{ snapshot: Snapshot; stale: boolean } | null>;
  /** Why `open` answered `null`. */
  whyUnreadable(text: string, locator: string, secret: string): Promise<Unreadable['because']>;
}

const macBytes = 32;

export function createSnapshots(ring: KeyRing): Snapshots {
  return {
    async sign(snapshot, locator, secret) {
      const first = (await ring.keys())[0];
      if (!first) throw new Error('no session key');
      const json = utf8(JSON.stringify(toFields(snapshot)));
      const mac = await crypto.subtle.sign('HMAC', first.key, covered(locator, secret, json));
      return base64url(concat(first.tag, new Uint8Array(mac), json));
    },
    async open(text, locator, secret) {
      const found = await verify(text, locator, secret);
      return typeof found === 'string' ? null : found;
    },

    async whyUnreadable(text, locator, secret) {
      const found = await verify(text, locator, secret);
      return typeof found === 'string' ? found : 'signature';
    },
  };

  async function verify(
    text: string,
    locator: string,
    secret: string,
  ): Promise<{ snapshot: Snapshot; stale: boolean } | Unreadable['because']> {
    const bytes = fromBase64url(text);
    if (!bytes || bytes.length <= keyTagBytes + macBytes) return 'shape';
    const found = keyByTag(await ring.keys(), bytes.subarray(0, keyTagBytes));
    if (!found) return 'key';
    const mac = bytes.subarray(keyTagBytes, keyTagBytes + macBytes);
    const json = bytes.subarray(keyTagBytes + macBytes);
    if (!(await crypto.subtle.verify('HMAC', found.entry.key, mac, covered(locator, secret, json)))) return 'signature';
    const snapshot = fromFields(JSON.parse(fromUtf8(json) ?? 'null'));
    return snapshot ? { snapshot, stale: found.stale } : 'claims';
  }
}

const covered = (locator: string, secret: string, json: Uint8Array): Bytes =>
  concat(utf8(`berth-snapshot|v1|${locator}|${secret}|`), json);

/** Values without their names, because the client sends every byte with every request. */
const fields = [
  'subject',
  'claims',
  'shownData',
  'acr',
  'amr',
  'createdAt',
  'authenticatedAt',
  'lastSeenAt',
  'endsAt',
  'version',
  'recordVersion',
  'generation',
  'rotatedAt',
  'pending',
  'successorKey',
  'atLogin',
  'checkedAt',
] as const satisfies readonly (keyof Snapshot)[];

const toFields = (snapshot: Snapshot): unknown[] =>
  fields.map((name) => (name === 'atLogin' ? [snapshot.atLogin.userAgent, snapshot.atLogin.network] : snapshot[name]));

/** The MAC was verified, so the gateway wrote it. An older layout has another length. */
function fromFields(values: unknown): Snapshot | null {
  if (!Array.isArray(values) || values.length !== fields.length) return null;
  const snapshot = Object.fromEntries(fields.map((name, i) => [name, values[i]])) as Record<string, unknown>;
  const [userAgent, network] = snapshot.atLogin as [string, string];
  return { ...snapshot, atLogin: { userAgent, network } } as unknown as Snapshot;
}
