/** FNV-1a, 32 bits. It tells texts apart and protects nothing. */

export const fnvStart = 0x811c9dc5;

/** One step; `part`: a character code or another small integer. */
export const fnvNext = (hash: number, part: number): number => Math.imul(hash ^ part, 0x01000193);

export function fnv1a(text: string): number {
  let hash: number = fnvStart;
  for (let i = 0; i < text.length; i++) hash = fnvNext(hash, text.charCodeAt(i));
  return hash >>> 0;
}
