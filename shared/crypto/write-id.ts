import { base64url, randomBytes } from './bytes.ts';

/**
 * Identifies one write. A client repeats a call whose reply was lost. By this id the second call recognises that the first one
 * succeeded, and that no other writer was faster.
 */
export const newWriteId = (): string => base64url(randomBytes(12));
