/** Reads a subject's session index. */
import type { Sealer } from '../../crypto/seal.ts';
import type { SessionIndexes } from '../store/session-indexes.ts';
import { parseIndex, type SessionEntry } from './session-index.ts';

export interface ReadIndex {
  readonly revision: number;
  readonly entries: readonly SessionEntry[];
}

export const boundToSubject = (subjectKey: string): string => `roster|${subjectKey}`;

export async function readIndex(
  { store, sealer }: { readonly store: SessionIndexes; readonly sealer: Sealer },
  subjectKey: string,
  now: number,
): Promise<ReadIndex> {
  const { revision, sealed } = await store.loadSessionIndex(subjectKey, now);
  const opened = sealed === null ? null : await sealer.open(sealed, boundToSubject(subjectKey));
  // An index that no key opens is started over: no session in it can be opened either.
  return { revision, entries: opened ? parseIndex(opened.text) : [] };
}
