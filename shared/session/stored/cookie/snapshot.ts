/**
 * The signed copy of a stored session that travels in its cookie, so that a request inside its freshness asks no store.
 *
 * base64url of: 4 bytes naming the key, HMAC-SHA-256, JSON. The MAC covers locator and secret too: a snapshot cut out of
 * one cookie is worth nothing in another.
 */
import { type Bytes, base64url, concat, fromBase64url, fromUtf8, utf8 } from '../../../crypto/bytes.ts';
import { keyByTag, type MacRing } from '../../../crypto/keys.ts';
import { isAhead } from '../../../time/skew.ts';
import type { Fingerprint } from '../../request/fingerprint.ts';
import type { Claims } from '../../session.ts';

export interface Snapshot {
  readonly subject: string | null;
  readonly claims: Claims;
  /** Only the keys that origins are shown; the rest of the data stays in the store. */
  readonly shownData: Claims;
  readonly acr: string | null;
  readonly amr: readonly string[];
  readonly createdAt: number;
  readonly authenticatedAt: number;
  readonly lastSeenAt: number;
  readonly endsAt: number;
  /** Of the data, as the client may know it. */
  readonly version: number;
  /** Of the record: what the store must not go back behind. 0: there is no record yet (an anonymous session without data). */
  readonly recordVersion: number;
  /** Which secret of the family this cookie holds, from 1, and since when. */
  readonly generation: number;
  readonly rotatedAt: number;
  /** A successor that was handed out and not shown yet: the authority still has to be told. */
  readonly pending: boolean;
  /** Names the key that the next secret is derived under. */
  readonly successorKey: string;
  /** The client that the session was begun with. */
  readonly atLogin: Fingerprint;
  /** When the authority was last asked: what freshness is measured from. */
  readonly checkedAt: number;
}

/** Begun or authenticated at a time that is still to come: no end of a subject and no `maxAuthAge` would ever reach it. */
export const isAheadOfUs = ({ createdAt, authenticatedAt }: Snapshot, now: number): boolean =>
  isAhead(Math.max(createdAt, authenticatedAt), now);

export interface Snapshots {
  sign(snapshot: Snapshot, locator: string, secret: string): Promise<string>;
  /** `null` unless one of our session keys signed it for exactly this locator and secret. */
  open(text: string, locator: string, secret: string): Promise<{ snapshot: Snapshot; stale: boolean } | null>;
  /** Whether it names a key that we do not have: removed, or a stranger's. */
  isUnderUnknownKey(text: string): Promise<boolean>;
}

const tagBytes = 4;
const macBytes = 32;

export function createSnapshots(ring: MacRing): Snapshots {
  return {
    async sign(snapshot, locator, secret) {
      const first = (await ring.keys())[0];
      if (!first) throw new Error('no session key');
      const json = utf8(JSON.stringify(toFields(snapshot)));
      const mac = await crypto.subtle.sign('HMAC', first.key, covered(locator, secret, json));
      return base64url(concat(first.tag, new Uint8Array(mac), json));
    },
    async open(text, locator, secret) {
      const bytes = fromBase64url(text);
      if (!bytes || bytes.length <= tagBytes + macBytes) return null;
      const found = keyByTag(await ring.keys(), bytes.subarray(0, tagBytes));
      if (!found) return null;
      const mac = bytes.subarray(tagBytes, tagBytes + macBytes);
      const json = bytes.subarray(tagBytes + macBytes);
      if (!(await crypto.subtle.verify('HMAC', found.entry.key, mac, covered(locator, secret, json)))) return null;
      const snapshot = fromFields(JSON.parse(fromUtf8(json) ?? 'null'));
      return snapshot && { snapshot, stale: found.stale };
    },
    async isUnderUnknownKey(text) {
      const bytes = fromBase64url(text);
      if (!bytes || bytes.length <= tagBytes + macBytes) return false;
      return keyByTag(await ring.keys(), bytes.subarray(0, tagBytes)) === null;
    },
  };
}

const covered = (locator: string, secret: string, json: Uint8Array): Bytes =>
  concat(utf8(`berth-snapshot|v1|${locator}|${secret}|`), json);

/** A list and no names, because the client sends every byte back with every request. */
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

/** What carries our MAC was written by us: only its age (an older layout) has to be judged. */
function fromFields(values: unknown): Snapshot | null {
  if (!Array.isArray(values) || values.length !== fields.length) return null;
  const snapshot = Object.fromEntries(fields.map((name, i) => [name, values[i]])) as Record<string, unknown>;
  const [userAgent, network] = snapshot.atLogin as [string, string];
  return { ...snapshot, atLogin: { userAgent, network } } as unknown as Snapshot;
}
