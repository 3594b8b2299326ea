/** What a record holds once it is opened, and how it is closed again. Sealed under family and version. */
import { sha256Base64url } from '../../crypto/digest.ts';
import type { Sealer } from '../../crypto/seal.ts';
import type { Fingerprint } from '../request/fingerprint.ts';
import type { Claims } from '../session.ts';
import type { StoreRecord } from '../store/records.ts';
import type { SecretState } from './rotation.ts';

/** The part of a session that only its sealed record knows in full. */
export interface Content {
  readonly subject: string | null;
  readonly claims: Claims;
  readonly data: Claims;
  readonly acr: string | null;
  readonly amr: readonly string[];
  readonly label: string | null;
  readonly authenticatedAt: number;
  /** Grows with every change of the data: the public `data_version`. The record's own version counts every write. */
  readonly dataVersion: number;
  readonly chain: SecretState;
  /** Names the key that the successor of the current secret is derived under: one for all who hold it. */
  readonly successorKey: string;
  /** The client that the session was begun with. */
  readonly atLogin: Fingerprint;
}

const boundTo = (sessionId: string, version: number): string => `record|${sessionId}|${version}`;

export const sealContent = (sealer: Sealer, content: Content, sessionId: string, version: number): Promise<string> =>
  sealer.seal(JSON.stringify(content), boundTo(sessionId, version));

export interface OpenedRecord {
  readonly content: Content;
  /** Sealed under a key that is no longer the first. */
  readonly stale: boolean;
}

/** `null` when no key of ours opens it: the key was removed, or the row was moved. */
export async function openRecord(sealer: Sealer, record: StoreRecord): Promise<OpenedRecord | null> {
  const opened = await sealer.open(record.sealed, boundTo(record.sessionId, record.version));
  return opened && { content: JSON.parse(opened.text) as Content, stale: opened.stale };
}

export const openContent = async (sealer: Sealer, record: StoreRecord): Promise<Content | null> =>
  (await openRecord(sealer, record))?.content ?? null;

/** How stores name a subject: stable through key rotations, of one length, and not the name itself. */
export const subjectKeyOf = async (subject: string | null): Promise<string | null> =>
  subject === null ? null : sha256Base64url(`subject|${subject}`);
