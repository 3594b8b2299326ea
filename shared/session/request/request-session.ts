/**
 * The session of one request: looked at once, changed by whoever may, written back at the end. What the client holds
 * afterwards is decided here and nowhere else.
 */
import { chain, type MaybePromise } from '../../time/maybe-promise.ts';
import type { Identity, Session, SessionState } from '../session.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import type {
  AuthOptions,
  AuthResult,
  Begun,
  Changed,
  DataPatch,
  SessionWatch,
  Strategy,
} from '../strategy/strategy.ts';
import type { Fingerprint } from './fingerprint.ts';

export interface RequestSession {
  /** Looks at the credential, the first time it is called; says the same again afterwards. */
  authenticate(need: Pick<AuthOptions, 'freshnessMs' | 'touch'>): MaybePromise<SessionState>;
  /** What is known so far: `none` before `recognise`; after a login, the new session. */
  current(): SessionState;
  /** Keeps an eye on the session of this moment, for a connection that outlives the request; `null` when there is none. */
  watch(): Promise<SessionWatch | null>;
  /** The family that the request's credential proves to be ours, whether it is still live or not. */
  provenSessionId(): MaybePromise<string | null>;
  /** Several credentials came, and none has been looked at: which of them counts is not known yet. */
  isUnsure(): boolean;
  /** The family whose credential the client holds after this reply. */
  sessionIdAfterReply(): MaybePromise<string | null>;

  /** Login: a new family; what the client held before is ended at the authority. Without an identity: an anonymous session. */
  begin(identity: Identity | null): Promise<Begun>;
  /** Puts a session that was begun elsewhere (a hand-off) into this client's cookie, in place of what it held. */
  adopt(value: string): Promise<SessionState>;
  update(patch: DataPatch, ifVersion: number | null): Promise<Changed>;
  rotate(): Promise<Changed>;
  /** Logout. Also ends what could not be recognised any more. `impossible`: the strategy cannot; nothing was done. */
  end(scope: 'current' | 'all'): Promise<'ended' | 'impossible'>;
  /** `null` where the strategy cannot. */
  endOthers(): Promise<Changed | null>;

  /**
   * To be called when the reply is there, before `outcome`. What was decided at the beginning of a request that took long
   * may be outdated by now, and the last cookie to arrive is the one that stays. Mostly there is nothing to wait for.
   */
  confirmBeforeReply(): Promise<void> | undefined;
  /** What to tell the client: a new value, that its cookie is dead, or nothing. */
  outcome(): CookieOutcome;
  /** How this request changed who the client is: the affinity follows it. */
  transition(): { readonly kind: 'begun'; readonly sessionId: string } | { readonly kind: 'ended' } | null;
}

export type CookieOutcome =
  | { readonly kind: 'write'; readonly value: string; readonly endsAt: number }
  | { readonly kind: 'clear' }
  | { readonly kind: 'keep' };

/** Replies as late as this are asked about once more before their cookie goes out: others may have changed it. */
const lateMs = 1_000;

type Proof = { readonly sessionId: string; readonly subject: string | null } | null;

export interface RequestSessionFacts {
  readonly strategy: Strategy;
  /** As they came; mostly one or none. */
  readonly values: readonly string[];
  readonly now: number;
  readonly method: string;
  /** What a WebSocket upgrade opens outlives every grace, however safe the method is that asks for it. */
  readonly opensSocket?: boolean;
  readonly client: () => Fingerprint;
  /** What a device list calls it. */
  readonly device: () => string;
  /** How long the request has been here. */
  readonly tookMs?: () => number;
}

export const createRequestSession = (facts: RequestSessionFacts): RequestSession => new Requested(facts);

/** A class, because every request makes one: twenty functions made anew for each are twenty objects and the code for them. */
class Requested implements RequestSession {
  readonly #facts: RequestSessionFacts;
  #value: string | null;
  /** Of the values that came the one that counts, as far as that is known. */
  #came: string | null;
  #recognition: SessionState = none;
  #looked = false;
  /** Of several values those that are worth a look. */
  #sifted: Promise<readonly string[]> | null = null;
  #proven: Proof | undefined;
  #outcome: CookieOutcome = keep;
  #transition: ReturnType<RequestSession['transition']> = null;
  #endedAllAt: number | null = null;
  /** The outcome is only what `recognise` found: nobody has changed anything in this request. */
  #isUnchanged = true;
  #isSettled = false;

  constructor(facts: RequestSessionFacts) {
    this.#facts = facts;
    this.#came = facts.values[0] ?? null;
    this.#value = this.#came;
    if (this.#value === null) this.#proven = null;
  }

  authenticate({ freshnessMs, touch }: Pick<AuthOptions, 'freshnessMs' | 'touch'>): MaybePromise<SessionState> {
    if (this.#looked) return this.#recognition;
    this.#looked = true;
    if (this.#value === null) return this.#recognition;
    const { strategy, values, method, opensSocket, now, client } = this.#facts;
    const safeMethod = (method === 'GET' || method === 'HEAD') && opensSocket !== true;
    const need = { freshnessMs, touch, now, safeMethod, client };
    if (values.length > 1) return this.#recogniseOneOf(need);
    const recognised = strategy.authenticate(this.#value, need);
    return recognised instanceof Promise ? recognised.then((found) => this.#note(found)) : this.#note(recognised);
  }

  /** The first that is valid. One that could not be checked stops the search: it may be the one that counts. */
  async #recogniseOneOf(need: AuthOptions): Promise<SessionState> {
    const refused: Extract<AuthResult, { kind: 'rejected' }>[] = [];
    for (const value of await this.#promising()) {
      const recognised = await this.#facts.strategy.authenticate(value, need);
      if (recognised.kind === 'rejected') {
        refused.push(recognised);
        continue;
      }
      this.#value = value;
      this.#came = value;
      return this.#note(recognised);
    }
    const [first] = refused as [(typeof refused)[number]];
    return this.#note({ ...first, replaced: refused.some(({ replaced }) => replaced) });
  }

  #promising(): Promise<readonly string[]> {
    this.#sifted ??= this.#facts.strategy.selectCandidates([...new Set(this.#facts.values)], this.#facts.now);
    return this.#sifted;
  }

  #note(recognised: AuthResult): SessionState {
    if (recognised.kind === 'active') {
      this.#proven = recognised.session;
      this.#hold(recognised.session, recognised.renewed);
    } else {
      this.#recognition =
        recognised.kind === 'rejected' ? { kind: 'rejected', reason: recognised.reason } : { kind: 'unavailable' };
      if (recognised.kind === 'rejected' && !recognised.replaced) this.#outcome = { kind: 'clear' };
    }
    return this.#recognition;
  }

  #hold(session: Session, next: string | null): void {
    this.#recognition = { kind: 'active', session };
    this.#looked = true;
    if (next === null) return;
    this.#value = next;
    this.#outcome = { kind: 'write', value: next, endsAt: session.endsAt };
  }

  current(): SessionState {
    return this.#recognition;
  }

  async watch(): Promise<SessionWatch | null> {
    const value = this.#value;
    return this.#recognition.kind === 'active' && value !== null ? this.#facts.strategy.watch(value) : null;
  }

  #prove(): MaybePromise<Proof> {
    if (this.#proven !== undefined) return this.#proven;
    return this.#identifyIncoming().then((found) => {
      this.#proven = found;
      return found;
    });
  }

  async #identifyIncoming(): Promise<Proof> {
    const { strategy, values } = this.#facts;
    const [first] = values.length > 1 && !this.#looked ? await this.#promising() : [this.#came];
    return strategy.identify(first as string);
  }

  provenSessionId(): MaybePromise<string | null> {
    return chain(this.#prove(), sessionIdIn);
  }

  isUnsure(): boolean {
    return this.#facts.values.length > 1 && !this.#looked;
  }

  sessionIdAfterReply(): MaybePromise<string | null> {
    if (this.#transition?.kind === 'begun') return this.#transition.sessionId;
    return this.#outcome.kind === 'clear' ? null : this.provenSessionId();
  }

  /** Of several sessions every one, since no cookie of the name is left. */
  async #endWhatCame(why: 'logout' | 'superseded'): Promise<void> {
    const { strategy, values, now } = this.#facts;
    const before = await this.#prove();
    const sessionIds = new Set(before ? [before.sessionId] : []);
    for (const value of values.length > 1 ? await this.#promising() : []) {
      const found = await strategy.identify(value);
      if (found) sessionIds.add(found.sessionId);
    }
    await Promise.all([...sessionIds].map((sessionId) => strategy.end(sessionId, why, now)));
  }

  async begin(identity: Identity | null): Promise<Begun> {
    const { strategy, now, client, device } = this.#facts;
    const recognition = this.#recognition;
    const value = this.#value;
    const from = recognition.kind === 'active' && value !== null ? { session: recognition.session, value } : null;
    // Everything up to the moment of an end everywhere is over: what the same reply begins comes after it.
    const startsAt = this.#endedAllAt === null ? now : this.#endedAllAt + 1;
    const begun = await strategy.begin({ identity, now: startsAt, client: client(), device: device(), from });
    if (begun.kind !== 'begun') return begun;
    if (identity !== null) await this.#endWhatCame('superseded');
    // A stranger's session without data can wait for a quicker reply; a login cannot.
    this.#isUnchanged = identity === null;
    this.#hold(begun.session, begun.value);
    this.#transition = { kind: 'begun', sessionId: begun.session.sessionId };
    return begun;
  }

  async adopt(foreign: string): Promise<SessionState> {
    const { strategy, now, client } = this.#facts;
    const need = { now, freshnessMs: 0, touch: true, safeMethod: false, client };
    const recognised = await strategy.authenticate(foreign, need);
    if (recognised.kind === 'unavailable') throw new StoreUnavailable(recognised.because);
    if (recognised.kind === 'rejected') return recognised;
    await this.#endWhatCame('superseded');
    this.#isUnchanged = false;
    this.#hold(recognised.session, recognised.renewed ?? foreign);
    this.#transition = { kind: 'begun', sessionId: recognised.session.sessionId };
    return this.#recognition;
  }

  update(patch: DataPatch, ifVersion: number | null): Promise<Changed> {
    const { strategy, now } = this.#facts;
    return this.#withActive((session, own) => strategy.update(session, own, patch, ifVersion, now));
  }

  rotate(): Promise<Changed> {
    const { strategy, now } = this.#facts;
    return this.#withActive((session, own) => strategy.rotate(session, own, now));
  }

  /** A change that did not come about leaves the client with what it has, but for an end that came first. */
  async #withActive(act: (session: Session, value: string) => Promise<Changed>): Promise<Changed> {
    if (this.#recognition.kind !== 'active' || this.#value === null) return { kind: 'ended' };
    const changed = await act(this.#recognition.session, this.#value);
    if (changed.kind === 'changed') {
      this.#isUnchanged = false;
      this.#hold(changed.session, changed.value);
    }
    return changed;
  }

  async end(scope: 'current' | 'all'): Promise<'ended' | 'impossible'> {
    const { strategy, now } = this.#facts;
    if (scope === 'all' && !strategy.endSubject) return 'impossible';
    const before = await this.#prove();
    // Cleared first: even if the authority cannot be told, this browser has no session any more.
    this.#outcome = { kind: 'clear' };
    this.#isUnchanged = false;
    this.#recognition = none;
    this.#looked = true;
    this.#value = null;
    this.#transition = { kind: 'ended' };
    if (scope === 'all' && before !== null && before.subject !== null) {
      await strategy.endSubject?.(before.subject, now);
      this.#endedAllAt = now;
    }
    await this.#endWhatCame('logout');
    return 'ended';
  }

  async endOthers(): Promise<Changed | null> {
    const { strategy, now } = this.#facts;
    const { endOthers } = strategy;
    if (!endOthers) return null;
    const changed = await this.#withActive((session, own) => endOthers(session, own, now));
    if (changed.kind === 'changed') this.#transition = { kind: 'begun', sessionId: changed.session.sessionId };
    return changed;
  }

  confirmBeforeReply(): Promise<void> | undefined {
    if (this.#isSettled || !this.#isUnchanged || this.#outcome.kind === 'keep') return undefined;
    this.#isSettled = true;
    return this.#forgetIfOutdated(this.#outcome);
  }

  async #forgetIfOutdated(decided: Exclude<CookieOutcome, { kind: 'keep' }>): Promise<void> {
    const { strategy, now } = this.#facts;
    const held = this.#came;
    const tookMs = this.#facts.tookMs?.() ?? 0;
    const isLate = tookMs >= lateMs;
    const at = now + tookMs;
    const isOutdated =
      decided.kind === 'clear' || held === null || this.#transition !== null
        ? isLate
        : !(await strategy.isStillCurrent(held, at, false)) ||
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

const none: SessionState = { kind: 'none' };
const keep: CookieOutcome = { kind: 'keep' };
const sessionIdIn = (proof: Proof): string | null => proof?.sessionId ?? null;
