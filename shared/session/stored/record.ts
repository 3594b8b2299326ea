/** A record's sealed content. It is bound to the session's id and the record's version. */
import type { Sealer } from '../../crypto/seal.ts';
import type { Fingerprint } from '../request/fingerprint.ts';
import type { Claims } from '../session.ts';
import type { StoreRecord } from '../store/records.ts';
import type { SecretState } from './rotation.ts';

/** The part of a session that only the record has in full. */
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
  /** Names the key that derives the next secret. Every holder of the current one must derive the same. */
  readonly successorKey: string;
  /** The client at the login. */
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

/** `null` when no configured key opens it: the key was removed, or the row is not where it was written. */
export async function openRecord(sealer: Sealer, record: StoreRecord): Promise<OpenedRecord | null> {
  const opened = await sealer.open(record.sealed, boundTo(record.sessionId, record.version));
  return opened && { content: JSON.parse(opened.text) as Content, stale: opened.stale };
}

export const openContent = async (sealer: Sealer, record: StoreRecord): Promise<Content | null> =>
  (await openRecord(sealer, record))?.content ?? null;

/** The record's next version, with that content. */
export async function nextRecord(sealer: Sealer, record: StoreRecord, content: Content): Promise<StoreRecord> {
  const version = record.version + 1;
  const sealed = await sealContent(sealer, content, record.sessionId, version);
  return { ...record, version, secretHash: content.chain.currentHash, sealed };
}

/** A DynamoDB item may have 400 kB. */
const maxDataLength = 64 * 1024;

export const dataFits = (data: Claims): boolean => JSON.stringify(data).length <= maxDataLength;
