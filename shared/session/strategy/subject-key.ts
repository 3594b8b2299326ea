import { sha256Base64url } from '../../crypto/digest.ts';

/** How stores name a subject: not by its name, with one length, and independent of any key. `null`: anonymous. */
export async function subjectKeyOf(subject: string): Promise<string>;
export async function subjectKeyOf(subject: string | null): Promise<string | null>;
export async function subjectKeyOf(subject: string | null): Promise<string | null> {
  return subject === null ? null : sha256Base64url(`subject|${subject}`);
}
