/**
 * Rotation of a session's secret. It limits how long a copied cookie works, and must not sign out a client that lost a
 * reply or sent parallel requests. Pure.
 *
 * The secrets of a session are a family: each is derived from its parent (`next-secret.ts`), so every holder of the parent
 * gets the same next one. That becomes current when it is first used; until then the parent is as good as before.
 * Afterwards the parent is accepted for a short grace, from the same client, for requests that were in flight. A later
 * use is reuse of a copy, and ends the session (RFC 9700, section 4.14.2, for refresh tokens).
 */
import type { Fingerprint } from '../request/fingerprint.ts';
import { inFlightMs } from '../store/revocation-cache.ts';

/** The record's view of the secrets. Times: milliseconds since the epoch. */
export interface SecretState {
  /** Of the current secret, from 1. */
  readonly generation: number;
  readonly currentHash: string;
  readonly previousHash: string | null;
  /** When the current secret was first used, or created at a login or a change of privilege. */
  readonly currentSince: number;
  /**
   * The client that first used it. Only this client may still have requests with the parent in flight. `null` after a login
   * or a change of privilege until the store is asked about it: the reply that carried it may have been lost.
   */
  readonly currentBy: Fingerprint | null;
  /** The last rotation was for a change of privilege: the parent got no grace. */
  readonly forced: boolean;
  /** How often the parent was accepted within the grace. */
  readonly graceUses: number;
}

export interface ShownSecret {
  /** From the signed snapshot. */
  readonly generation: number;
  readonly secretHash: string;
  readonly by: Fingerprint;
}

export type SecretVerdict =
  | { readonly kind: 'current' }
  /** The next secret, used for the first time: it becomes the current one. */
  | { readonly kind: 'advance' }
  /** The parent of the current secret, within the grace: the client gets the current one again. */
  | { readonly kind: 'grace' }
  /** The same, after the client has got the current one many times: the request is served, and its cookie stays as it is. */
  | { readonly kind: 'served' }
  /** Replaced by a change of privilege: refused, but no reuse. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'reuse'; readonly because: 'late' | 'other-client' | 'older' };

/** A page may have more requests in flight. By then, its client has got the current secret with one of these replies. */
export const maxGraceUses = 20;

export function judgeSecret(chain: SecretState, shown: ShownSecret, graceMs: number, now: number): SecretVerdict {
  if (shown.generation === chain.generation) {
    return shown.secretHash === chain.currentHash ? { kind: 'current' } : { kind: 'replaced' };
  }
  if (shown.generation === chain.generation + 1) return { kind: 'advance' };
  // Newer than any secret that was issued: the store returned an old record. The client is not to blame.
  if (shown.generation > chain.generation) return { kind: 'replaced' };

  const sinceMs = now - chain.currentSince;
  // A request may be in flight during a change of privilege: that is no reuse even without a grace.
  // Nor is it reuse, however late, while the new secret was not shown: the client may have nothing but the old one.
  if (chain.forced) {
    const isKnown = chain.currentBy !== null;
    return !isKnown || sinceMs <= Math.max(graceMs, inFlightMs)
      ? { kind: 'replaced' }
      : { kind: 'reuse', because: 'late' };
  }
  const isParent = shown.generation === chain.generation - 1 && shown.secretHash === chain.previousHash;
  if (!isParent) return { kind: 'reuse', because: 'older' };
  if (sinceMs > graceMs) return { kind: 'reuse', because: 'late' };
  if (chain.currentBy === null || !isSameClient(chain.currentBy, shown.by)) {
    return { kind: 'reuse', because: 'other-client' };
  }
  return { kind: chain.graceUses >= maxGraceUses ? 'served' : 'grace' };
}

const isSameClient = (one: Fingerprint, other: Fingerprint): boolean =>
  one.userAgent === other.userAgent && one.network === other.network;

/** After `advance`: the next secret becomes the current one. */
export const rotated = (chain: SecretState, { secretHash, by }: ShownSecret, now: number): SecretState => ({
  generation: chain.generation + 1,
  currentHash: secretHash,
  previousHash: chain.currentHash,
  currentSince: now,
  currentBy: by,
  forced: false,
  graceUses: 0,
});

/** The first use of a secret that a change of privilege brought. */
export const isFirstShown = ({ forced, currentBy }: SecretState): boolean => forced && currentBy === null;

/** After a change of privilege: a new random secret, and no grace for the old one. */
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
