/**
 * Rotation of the secret, so that a copied cookie does not stay good for the life of its session, and so that nobody is
 * logged out by a lost reply or by six requests at once. Pure: what the authority knows, what was shown, and the time.
 *
 * A successor is derived and not drawn (see `successor.ts`), so all who hold the parent are given the same one. It
 * becomes the authority's current secret when somebody first shows it; until then the parent is as good as ever. After
 * that the parent is honoured for a moment, from the same client, for replies and requests that crossed on the wire.
 * Whoever shows it later has a copy: the family ends (RFC 9700, section 4.14.2, for refresh tokens).
 */
import type { Fingerprint } from '../request/fingerprint.ts';
import { inFlightMs } from '../store/revocation-cache.ts';

/** What the record says of the family's secrets. Times: milliseconds since the epoch. */
export interface SecretState {
  /** Of the current secret, from 1. */
  readonly generation: number;
  readonly currentHash: string;
  readonly previousHash: string | null;
  /** When the current secret was first shown, or drawn at a login or a change of privilege. */
  readonly currentSince: number;
  /** Who first showed it: only the same client may still be on its way with the parent. */
  readonly currentBy: Fingerprint | null;
  /** The last change was a change of privilege: its parent died at once. */
  readonly forced: boolean;
  /** How often the parent was honoured after its successor was used. */
  readonly graceUses: number;
}

export interface ShownSecret {
  /** Signed by us, with the secret, in the snapshot beside it. */
  readonly generation: number;
  readonly secretHash: string;
  readonly by: Fingerprint;
}

export type SecretVerdict =
  | { readonly kind: 'current' }
  /** The successor that we handed out, shown for the first time: it is the current one from now on. */
  | { readonly kind: 'advance' }
  /** The parent of the current secret, a moment late: its bearer is given the successor again. */
  | { readonly kind: 'grace' }
  /** Put aside by a change of privilege: refused, and nobody's fault. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'reuse'; readonly because: 'late' | 'other-client' | 'too-often' | 'older' };

/** Enough for every request a page can have under way; an attacker who is as quick as that gains as little. */
export const maxGraceUses = 20;

export function judgeSecret(chain: SecretState, shown: ShownSecret, graceMs: number, now: number): SecretVerdict {
  if (shown.generation === chain.generation) {
    return shown.secretHash === chain.currentHash ? { kind: 'current' } : { kind: 'replaced' };
  }
  if (shown.generation === chain.generation + 1) return { kind: 'advance' };
  // Newer than anything we gave out: a record from before, which its store must not have returned. Not the client's doing.
  if (shown.generation > chain.generation) return { kind: 'replaced' };

  const sinceMs = now - chain.currentSince;
  // Without any grace it is still no theft when a request and a step-up cross on the wire.
  if (chain.forced) {
    return sinceMs <= Math.max(graceMs, inFlightMs) ? { kind: 'replaced' } : { kind: 'reuse', because: 'late' };
  }
  const isParent = shown.generation === chain.generation - 1 && shown.secretHash === chain.previousHash;
  if (!isParent) return { kind: 'reuse', because: 'older' };
  if (sinceMs > graceMs) return { kind: 'reuse', because: 'late' };
  if (chain.currentBy === null || !isSameClient(chain.currentBy, shown.by)) {
    return { kind: 'reuse', because: 'other-client' };
  }
  return chain.graceUses >= maxGraceUses ? { kind: 'reuse', because: 'too-often' } : { kind: 'grace' };
}

const isSameClient = (one: Fingerprint, other: Fingerprint): boolean =>
  one.userAgent === other.userAgent && one.network === other.network;

/** The record's side of what was judged. */
export const rotated = (chain: SecretState, { secretHash, by }: ShownSecret, now: number): SecretState => ({
  generation: chain.generation + 1,
  currentHash: secretHash,
  previousHash: chain.currentHash,
  currentSince: now,
  currentBy: by,
  forced: false,
  graceUses: 0,
});

/** A change of privilege: a fresh secret, and the old one dead. */
export const rotatedByPrivilege = (chain: SecretState, secretHash: string, now: number): SecretState => ({
  generation: chain.generation + 1,
  currentHash: secretHash,
  previousHash: chain.currentHash,
  currentSince: now,
  currentBy: null,
  forced: true,
  graceUses: 0,
});

export const initialSecretState = (secretHash: string, now: number): SecretState => ({
  generation: 1,
  currentHash: secretHash,
  previousHash: null,
  currentSince: now,
  currentBy: null,
  forced: false,
  graceUses: 0,
});
