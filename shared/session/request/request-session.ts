/**
 * The session of one request: authenticated once, changed by login and logout, written back with the reply. Only this
 * module decides which credential the client holds afterwards.
 */
import { chain, type MaybePromise } from '../../time/maybe-promise.ts';
import type { Identity, Session, SessionState } from '../session.ts';
import type { StoreBudget } from '../store/budget.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import type { AuthOptions, AuthResult, SessionWatch } from '../strategy/authentication.ts';
import type { Begun, Changed, DataPatch, EndedOthers } from '../strategy/lifecycle.ts';
import type { Strategy } from '../strategy/strategy.ts';
import type { Fingerprint } from './fingerprint.ts';
import { type Proof, ReceivedCredentials } from './received-credentials.ts';

export interface RequestSession {
  /** Checks the credential at the first call. Later calls return the same result. */
  authenticate(options: Pick<AuthOptions, 'freshnessMs' | 'touch'>): MaybePromise<SessionState>;
  /** The state so far: `none` before `authenticate`; after a login, the new session. */
  current(): SessionState;
  /** The store could not be asked, and the cookie was trusted for longer than the route's freshness. */
  isStale(): boolean;
  /** Watches the current session, for a connection that outlives the request. `null` without an active session. */
  watch(): Promise<SessionWatch | null>;
  /** The session's id in the request's credential, if its signature is valid. The session may have ended. */
  provenSessionId(): MaybePromise<string | null>;
  /** The request has several credentials and none was checked: it is not known which one counts. */
  isUnsure(): boolean;
  /** The id of the session that the client has after this reply. */
  sessionIdAfterReply(): MaybePromise<string | null>;

  /** Login: begins a session and ends the client's previous one. Without an identity: begins an anonymous session. */
  begin(identity: Identity | null): Promise<Begun>;
  /** Gives this client a session that began elsewhere (a hand-off), in place of its own. */
  adopt(value: string): Promise<SessionState>;
  update(patch: DataPatch, ifVersion: number | null): Promise<Changed>;
  rotate(): Promise<Changed>;
  /**
   * Logout. Also ends a session that was rejected. `impossible`: the strategy cannot do it; nothing was done. In an outage of
   * the store it throws, and the client keeps its cookie: asking again must mean the same session.
   */
  end(scope: 'current' | 'all'): Promise<'ended' | 'impossible'>;
  /** `null` where the strategy cannot do it. */
  endOthers(): Promise<Changed | null>;

  /**
   * To be called with the reply, before `outcome`. In a long request another one may have changed the session meanwhile, and
   * the browser keeps the cookie that arrives last. `undefined`: nothing to wait for, as in most requests.
   */
  confirmBeforeReply(): Promise<void> | undefined;
  /** What to do with the client's cookie. */
  outcome(): CookieOutcome;
  /** Whether this request began or ended a session: affinity follows it. */
  transition(): { readonly kind: 'begun'; readonly sessionId: string } | { readonly kind: 'ended' } | null;
}

export type CookieOutcome =
  | { readonly kind: 'write'; readonly value: string; readonly endsAt: number }
  | { readonly kind: 'clear' }
  | { readonly kind: 'keep' };

/** A renewed cookie is confirmed with the store if its request took longer than this. */
const lateMs = 1_000;

export interface RequestSessionFacts {
  readonly strategy: Strategy;
  /** As received; mostly one or none. */
  readonly values: readonly string[];
  readonly now: number;
  readonly method: string;
  /** A WebSocket upgrade. It is a GET, but gets no grace while the store is down: its connection would outlive the grace. */
  readonly opensSocket?: boolean;
  readonly client: () => Fingerprint;
  /** The device's name in the list of devices. */
  readonly device: () => string;
  /** Of the request. Without one only each call to the store is bounded. */
  readonly storeBudget?: StoreBudget;
  /** How long the request has taken so far. */
  readonly tookMs?: () => number;
}

export const createRequestSession = (facts: RequestSessionFacts): RequestSession => new Requested(facts);

/** A class, because one is made per request: closures would cost twenty objects each. */
class Requested implements RequestSession {
  readonly #facts: RequestSessionFacts;
  readonly #received: ReceivedCredentials;
  /** The value that the client has, or gets with the reply. */
  #value: string | null;
  #state: SessionState = none;
  #isAuthenticated = false;
  #isStale = false;
  #outcome: CookieOutcome = keep;
  #transition: ReturnType<RequestSession['transition']> = null;
  /** The outcome comes from `authenticate` alone: this request has not changed the session. */
  #isUnchanged = true;
  #isConfirmed = false;

  constructor(facts: RequestSessionFacts) {
    this.#facts = facts;
    this.#received = new ReceivedCredentials(facts.strategy, facts.values, facts.now);
    this.#value = this.#received.value;
  }

  authenticate({ freshnessMs, touch }: Pick<AuthOptions, 'freshnessMs' | 'touch'>): MaybePromise<SessionState> {
    if (this.#isAuthenticated) return this.#state;
    this.#isAuthenticated = true;
    if (this.#value === null) return this.#state;
    const { method, opensSocket, now, client } = this.#facts;
    const safeMethod = (method === 'GET' || method === 'HEAD') && opensSocket !== true;
    const result = this.#received.authenticate({ freshnessMs, touch, now, safeMethod, client });
    return result instanceof Promise ? this.#bounded(result).then((found) => this.#note(found)) : this.#note(result);
  }

  /** Within what the request may wait for the store. */
  #bounded<T>(work: Promise<T>): Promise<T> {
    return this.#facts.storeBudget?.spend(work) ?? work;
  }

  #note(result: AuthResult): SessionState {
    this.#value = this.#received.value;
    if (result.kind === 'active') {
      this.#isStale = result.isStale === true;
      this.#setActive(result.session, result.renewed);
    } else {
      this.#state = result.kind === 'rejected' ? { kind: 'rejected', reason: result.reason } : { kind: 'unavailable' };
      if (result.kind === 'rejected' && !result.replaced) this.#outcome = { kind: 'clear' };
    }
    return this.#state;
  }

  #setActive(session: Session, next: string | null): void {
    this.#state = { kind: 'active', session };
    this.#isAuthenticated = true;
    this.#received.stopChoosing();
    if (next === null) return;
    this.#value = next;
    this.#outcome = { kind: 'write', value: next, endsAt: session.endsAt };
  }

  current(): SessionState {
    return this.#state;
  }

  isStale(): boolean {
    return this.#isStale;
  }

  async watch(): Promise<SessionWatch | null> {
    const value = this.#value;
    return this.#state.kind === 'active' && value !== null ? this.#facts.strategy.watch(value) : null;
  }

  provenSessionId(): MaybePromise<string | null> {
    return chain(this.#received.prove(), sessionIdIn);
  }

  isUnsure(): boolean {
    return this.#received.isUnsure;
  }

  sessionIdAfterReply(): MaybePromise<string | null> {
    if (this.#transition?.kind === 'begun') return this.#transition.sessionId;
    return this.#outcome.kind === 'clear' ? null : this.provenSessionId();
  }

  /** Ends every session of the received cookies, since all of them are replaced or cleared. */
  async #endReceived(why: 'logout' | 'superseded'): Promise<void> {
    const { strategy, now } = this.#facts;
    const sessionIds = await this.#received.sessionIds();
    await this.#bounded(allDone([...sessionIds].map((sessionId) => strategy.end(sessionId, why, now))));
  }

  async begin(identity: Identity | null): Promise<Begun> {
    const { strategy, now, client, device } = this.#facts;
    const state = this.#state;
    const value = this.#value;
    const from = state.kind === 'active' && value !== null ? { session: state.session, value } : null;
    const beginning = strategy.begin({ identity, now, client: client(), device: device(), from });
    const begun = await this.#bounded(beginning);
    if (begun.kind !== 'begun') return begun;
    const ending = identity === null ? null : await failureOf(this.#endReceived('superseded'));
    // A late anonymous session may be dropped in favour of another reply's; a login may not.
    this.#isUnchanged = identity === null;
    this.#setActive(begun.session, begun.value);
    this.#transition = { kind: 'begun', sessionId: begun.session.sessionId };
    // The client gets its new cookie with the error: this isolate refuses the old one already.
    if (ending !== null) throw ending;
    return begun;
  }

  async adopt(foreign: string): Promise<SessionState> {
    const { strategy, now, client } = this.#facts;
    const options = { now, freshnessMs: 0, touch: true, safeMethod: false, client };
    const result = await this.#bounded(Promise.resolve(strategy.authenticate(foreign, options)));
    if (result.kind === 'unavailable') throw new StoreUnavailable(result.because);
    if (result.kind === 'rejected') return result;
    const ending = await failureOf(this.#endReceived('superseded'));
    this.#isUnchanged = false;
    this.#setActive(result.session, result.renewed ?? foreign);
    this.#transition = { kind: 'begun', sessionId: result.session.sessionId };
    if (ending !== null) throw ending;
    return this.#state;
  }

  update(patch: DataPatch, ifVersion: number | null): Promise<Changed> {
    const { strategy, now } = this.#facts;
    return this.#withActive((session, own) => strategy.update(session, own, patch, ifVersion, now));
  }

  rotate(): Promise<Changed> {
    const { strategy, now } = this.#facts;
    return this.#withActive((session, own) => strategy.rotate(session, own, now));
  }

  /**
   * A failed change leaves the client's credential as it is. So does one of a session that has ended meanwhile: another
   * reply may have brought the client its next cookie.
   */
  async #withActive(act: (session: Session, value: string) => Promise<Changed>): Promise<Changed> {
    if (this.#state.kind !== 'active' || this.#value === null) return { kind: 'ended' };
    const changed = await this.#bounded(act(this.#state.session, this.#value));
    if (changed.kind === 'changed') {
      this.#isUnchanged = false;
      this.#setActive(changed.session, changed.value);
    }
    if (changed.kind === 'ended') this.#outcome = keep;
    return changed;
  }

  async end(scope: 'current' | 'all'): Promise<'ended' | 'impossible'> {
    const { strategy, now } = this.#facts;
    if (scope === 'all' && !strategy.endSubject) return 'impossible';
    const before = await this.#received.prove();
    // This isolate refuses the session from here on, even if the store is down.
    this.#outcome = keep;
    this.#isUnchanged = false;
    this.#state = none;
    this.#isAuthenticated = true;
    this.#received.stopChoosing();
    this.#value = null;
    const writes = [this.#endReceived('logout')];
    if (scope === 'all' && before !== null && before.subject !== null) {
      writes.push(strategy.endSubject?.(before.subject, now) ?? Promise.resolve());
    }
    await this.#bounded(allDone(writes));
    this.#outcome = { kind: 'clear' };
    this.#transition = { kind: 'ended' };
    return 'ended';
  }

  async endOthers(): Promise<Changed | null> {
    const { strategy, now } = this.#facts;
    const { endOthers } = strategy;
    if (!endOthers) return null;
    let failure: string | null = null;
    const changed = await this.#withActive(async (session, own): Promise<Changed> => {
      const ended: EndedOthers = await endOthers(session, own, now);
      if (ended.kind !== 'unfinished') return ended;
      failure = ended.because;
      return { ...ended, kind: 'changed' };
    });
    if (changed.kind === 'changed') this.#transition = { kind: 'begun', sessionId: changed.session.sessionId };
    // The client gets its new cookie with the error: the old one is over.
    if (failure !== null) throw new StoreUnavailable(failure);
    return changed;
  }

  confirmBeforeReply(): Promise<void> | undefined {
    if (this.#isConfirmed || !this.#isUnchanged || this.#outcome.kind === 'keep') return undefined;
    this.#isConfirmed = true;
    return this.#forgetIfOutdated(this.#outcome);
  }

  async #forgetIfOutdated(decided: Exclude<CookieOutcome, { kind: 'keep' }>): Promise<void> {
    const { strategy, now } = this.#facts;
    const received = this.#received.value;
    const tookMs = this.#facts.tookMs?.() ?? 0;
    const isLate = tookMs >= lateMs;
    const at = now + tookMs;
    const isOutdated =
      decided.kind === 'clear' || received === null || this.#transition !== null
        ? isLate
        : !(await strategy.isStillCurrent(received, at, false)) ||
          (isLate && !(await strategy.isStillCurrent(decided.value, at, true)));
    if (!isOutdated) return;
    this.#outcome = keep;
    this.#transition = null;
  }

  outcome(): CookieOutcome {
    return this.#outcome;
  }

  transition(): ReturnType<RequestSession['transition']> {
    return this.#transition;
  }
}

/** Waits for all of them, then throws what the first of them threw. */
async function allDone(works: readonly Promise<void>[]): Promise<void> {
  for (const done of await Promise.allSettled(works)) if (done.status === 'rejected') throw done.reason;
}

const failureOf = (work: Promise<void>): Promise<StoreUnavailable | null> =>
  work.then(
    () => null,
    (error: unknown) => {
      if (error instanceof StoreUnavailable) return error;
      throw error;
    },
  );

const none: SessionState = { kind: 'none' };
const keep: CookieOutcome = { kind: 'keep' };
const sessionIdIn = (proof: Proof): string | null => proof?.sessionId ?? null;
