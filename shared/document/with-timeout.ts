/** A SharedDocument whose calls answer in time or throw. */
import { failAfter } from '../time/timeout.ts';
import type { SharedDocument } from './document.ts';

/** As for stores (`session/store/bounded-store.ts`). */
const timeoutMs = 3_000;

export function boundedDocument(document: SharedDocument, ms = timeoutMs): SharedDocument {
  const message = (): string => `the shared document did not answer within ${ms} ms`;
  return {
    read: () => failAfter(document.read(), ms, message),
    write: (text, onRevision) => failAfter(document.write(text, onRevision), ms, message),
  };
}
