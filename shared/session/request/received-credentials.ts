/**
 * The credentials that a request came with: mostly one or none. A browser can send several cookies of one name, and which of
 * them counts is only known once they were checked.
 */
import type { MaybePromise } from '../../time/maybe-promise.ts';
import type { Authentication, AuthOptions, AuthResult } from '../strategy/authentication.ts';
import type { Rejected } from '../strategy/refusals.ts';

/** The session in a credential with a valid signature. It may have ended. */
export type Proof = { readonly sessionId: string; readonly subject: string | null } | null;

export class ReceivedCredentials {
  readonly #strategy: Authentication;
  readonly #values: readonly string[];
  readonly #now: number;
  #value: string | null;
  #isChosen: boolean;
  #candidates: Promise<readonly string[]> | null = null;
  #proof: Proof | undefined;

  constructor(strategy: Authentication, values: readonly string[], now: number) {
    this.#strategy = strategy;
    this.#values = values;
    this.#now = now;
    this.#value = values[0] ?? null;
    this.#isChosen = values.length <= 1;
    if (this.#value === null) this.#proof = null;
  }

  /** The one that counts, as far as that is known. */
  get value(): string | null {
    return this.#value;
  }

  /** There are several, and none was checked. */
  get isUnsure(): boolean {
    return !this.#isChosen;
  }

  /** Settles for what is known, because the request has got another session or none. */
  stopChoosing(): void {
    this.#isChosen = true;
  }

  /** For a request with at least one value. */
  authenticate(options: AuthOptions): MaybePromise<AuthResult> {
    if (this.#values.length > 1) return this.#authenticateOneOf(options);
    const result = this.#strategy.authenticate(this.#value as string, options);
    return result instanceof Promise ? result.then((found) => this.#note(found)) : this.#note(result);
  }

  /** Takes the first valid one. One that could not be checked stops the search: it may be the right one. */
  async #authenticateOneOf(options: AuthOptions): Promise<AuthResult> {
    const rejected: Rejected[] = [];
    this.#isChosen = true;
    for (const value of await this.#selected()) {
      const result = await this.#strategy.authenticate(value, options);
      if (result.kind === 'rejected') {
        rejected.push(result);
        continue;
      }
      this.#value = value;
      return this.#note(result);
    }
    const [first] = rejected as [Rejected];
    return { ...first, replaced: rejected.some(({ replaced }) => replaced) };
  }

  #note(result: AuthResult): AuthResult {
    if (result.kind === 'active') this.#proof = result.session;
    return result;
  }

  #selected(): Promise<readonly string[]> {
    this.#candidates ??= this.#strategy.selectCandidates([...new Set(this.#values)], this.#now);
    return this.#candidates;
  }

  prove(): MaybePromise<Proof> {
    if (this.#proof !== undefined) return this.#proof;
    return this.#identify().then((proof) => {
      this.#proof = proof;
      return proof;
    });
  }

  async #identify(): Promise<Proof> {
    const [first] = this.#isChosen ? [this.#value] : await this.#selected();
    return this.#strategy.identify(first as string);
  }

  /** Of all of them, for ending every session that the client gives up. */
  async sessionIds(): Promise<ReadonlySet<string>> {
    const proof = await this.prove();
    const ids = new Set(proof ? [proof.sessionId] : []);
    for (const value of this.#values.length > 1 ? await this.#selected() : []) {
      const found = await this.#strategy.identify(value);
      if (found) ids.add(found.sessionId);
    }
    return ids;
  }
}
