/**
 * The SharedDocument port: one small text that all isolates of a deployment share, with a revision that counts its writes. On
 * Workers it is kept by a Durable Object, on Lambda in a DynamoDB item. `*-document.ts` lists the implementations, and
 * `test/contracts/shared-document` holds them to these comments. Only an outage throws.
 */
export interface SharedDocument {
  /** The latest text and revision. */
  read(): Promise<Kept>;
  /** Compare-and-set: writes on top of the revision that was read. Answers `false` when there is a newer one. */
  write(text: string, onRevision: number): Promise<boolean>;
}

export interface Kept {
  /** 0: there is no text yet. Every write adds 1. */
  readonly revision: number;
  readonly text: string | null;
}

/** `control`: the run-time state of the origins. `counts`: the metrics of all isolates. */
export type DocumentName = 'control' | 'counts';

/** Attempts of "read, decide, write". Each one fails only because another writer succeeded. */
const maxAttempts = 5;

/**
 * Reads the text, writes what `decide` makes of it, and repeats both when another writer was faster. `decide` answers `null` to
 * leave the text as it is. Resolves with the current revision.
 */
export async function rewriteText(document: SharedDocument, decide: (kept: Kept) => string | null): Promise<number> {
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const kept = await document.read();
    const text = decide(kept);
    if (text === null) return kept.revision;
    if (await document.write(text, kept.revision)) return kept.revision + 1;
  }
  throw new Error(`the shared document: gave up after ${maxAttempts} conflicting writes`);
}
