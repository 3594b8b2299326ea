/**
 * The SharedDocument port: one small text that all isolates of a deployment share, under a revision that counts its
 * writes. Its authority is a Durable Object on Workers and a DynamoDB item on Lambda; `*-document.ts` lists the
 * implementations, and `test/contracts/shared-document` holds them to these comments.
 */
export interface SharedDocument {
  /** As the authority has it now. An outage throws. */
  read(): Promise<Kept>;
  /** Puts a text on top of the revision that was read, and answers `false` when another one is there already. */
  write(text: string, onRevision: number): Promise<boolean>;
}

export interface Kept {
  /** 0: there is nothing yet. One more with every write. */
  readonly revision: number;
  readonly text: string | null;
}

/** `control`: what is said of the origins at run time. `counts`: what all isolates have counted. */
export type DocumentName = 'control' | 'counts';

/** Rounds of "read, decide, write". Each lost round means that another writer got on; so many in a row is a fault. */
const mostRounds = 5;

/** Reads, lets `decide` make the next text of it, and writes that; again when another writer was first. `null`: leave it. Answers the revision that it has now. */
export async function rewriteText(document: SharedDocument, decide: (kept: Kept) => string | null): Promise<number> {
  for (let round = 1; round <= mostRounds; round++) {
    const kept = await document.read();
    const text = decide(kept);
    if (text === null) return kept.revision;
    if (await document.write(text, kept.revision)) return kept.revision + 1;
  }
  throw new Error('the shared document found no quiet moment');
}
