import type { Because, Candidate } from './choose.ts';

/** Where one request may go, and where it went. The proxy tries the candidates in their order. */
export interface Berth {
  readonly candidates: readonly [Candidate, ...Candidate[]];
  readonly because: Because;
  /** What `Session-Affinity` tells a candidate: its own id, how often the client has moved, who would be next. */
  announce(candidate: Candidate): { readonly origin: string; readonly epoch: number; readonly next: string | null };
  /**
   * The client is promised its home or nothing (`onFailure: 'refuse'`): seconds after which it should ask again when its
   * home cannot be reached; `null`: no such promise.
   */
  readonly refusesAfterFailure: { readonly retryAfterSeconds: number } | null;
  /** Set by the proxy: whom the client is to be pinned to from now on, if anybody. */
  servedBy: Candidate | null;
  /** On the way back: what follows for the client's pin. */
  leave(): void;
}
