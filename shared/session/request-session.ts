/**
 * The session of one request: looked at once, changed by whoever may, written back at the end. What the client holds
 * afterwards is decided here and nowhere else.
 */
import { andThen, type Soon } from '../soon.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { Identity, Recognition, Session } from './session.ts';
import {
  type Begun,
  type Changed,
  type DataPatch,
  type Need,
  type Recognised,
  type SessionWatch,
  StoreUnavailable,
  type Strategy,
} from './strategy.ts';

export interface RequestSession {
  /** Looks at the credential, the first time it is called; says the same again afterwards. */
  recognise(need: Pick<Need, 'freshnessMs' | 'touch'>): Soon<Recognition>;
  /** What is known so far: `none` before `recognise`; after a login, the new session. */
  current(): Recognition;
  /** Keeps an eye on the session of this moment, for a connection that outlives the request; `null` when there is none. */
  watch(): Promise<SessionWatch | null>;
  /** The family that the request's credential proves to be ours, whether it is still live or not. */
  provenFamily(): Soon<string | null>;
  /** The family whose credential the client holds after this reply. */
  familyAfterwards(): Soon<string | null>;

  /** Login: a new family; what the client held before is ended at the authority. Without an identity: an anonymous session. */
  begin(identity: Identity | null): Promise<Begun>;
  /** Puts a session that was begun elsewhere (a hand-off) into this client's cookie, in place of what it held. */
  adopt(value: string): Promise<Recognition>;
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
  settle(): Promise<void> | undefined;
  /** What to tell the client: a new value, that its cookie is dead, or nothing. */
  outcome(): CookieOutcome;
  /** How this request changed who the client is: the affinity follows it. */
  transition(): { readonly kind: 'begun'; readonly family: string } | { readonly kind: 'ended' } | null;
}

export type CookieOutcome =
  | { readonly kind: 'write'; readonly value: string; readonly endsAt: number }
  | { readonly kind: 'clear' }
  | { readonly kind: 'keep' };

/** Replies as late as this are asked about once more before their cookie goes out: others may have changed it. */
const lateMs = 1_000;

type Proof = { readonly family: string; readonly subject: string | null } | null;

export interface RequestSessionFacts {
  readonly strategy: Strategy;
  readonly value: string | null;
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

export function createRequestSession(facts: RequestSessionFacts): RequestSession {
  const { strategy, value: held, now, method, client, device } = facts;
  let value = held;
  let recognition: Recognition = { kind: 'none' };
  let looked = false;
  let proven: Proof | undefined;
  let outcome: CookieOutcome = { kind: 'keep' };
  let transition: ReturnType<RequestSession['transition']> = null;
  const safeMethod = (method === 'GET' || method === 'HEAD') && facts.opensSocket !== true;
  let endedAllAt: number | null = null;
  /** The outcome is only what `recognise` found: nobody has changed anything in this request. */
  let isUnchanged = true;
  let isSettled = false;

  const hold = (session: Session, next: string | null): void => {
    recognition = { kind: 'active', session };
    looked = true;
    if (next === null) return;
    value = next;
    outcome = { kind: 'write', value: next, endsAt: session.endsAt };
  };

  function prove(): Soon<Proof> {
    if (proven === undefined && held === null) proven = null;
    return proven !== undefined ? proven : strategy.familyOf(held as string).then((found) => (proven = found));
  }

  async function supersede(): Promise<void> {
    const before = await prove();
    if (before) await strategy.end(before.family, 'superseded', now);
  }

  function note(recognised: Recognised): Recognition {
    if (recognised.kind === 'active') {
      proven = recognised.session;
      hold(recognised.session, recognised.renewed);
    } else {
      recognition =
        recognised.kind === 'rejected' ? { kind: 'rejected', reason: recognised.reason } : { kind: 'unavailable' };
      if (recognised.kind === 'rejected' && !recognised.replaced) outcome = { kind: 'clear' };
    }
    return recognition;
  }

  /** A change that did not come about leaves the client with what it has, but for an end that came first. */
  const take = (changed: Changed): Changed => {
    if (changed.kind === 'changed') {
      isUnchanged = false;
      hold(changed.session, changed.value);
    }
    return changed;
  };

  const withActive = async (act: (session: Session, value: string) => Promise<Changed>): Promise<Changed> =>
    recognition.kind === 'active' && value !== null ? take(await act(recognition.session, value)) : { kind: 'ended' };

  function settle(): Promise<void> | undefined {
    if (isSettled || !isUnchanged || outcome.kind === 'keep') return undefined;
    isSettled = true;
    return forgetIfOutdated(outcome);
  }

  async function forgetIfOutdated(decided: Exclude<CookieOutcome, { kind: 'keep' }>): Promise<void> {
    const tookMs = facts.tookMs?.() ?? 0;
    const isLate = tookMs >= lateMs;
    const at = now + tookMs;
    const isOutdated =
      decided.kind === 'clear' || held === null || transition !== null
        ? isLate
        : !(await strategy.stands(held, at, false)) || (isLate && !(await strategy.stands(decided.value, at, true)));
    if (!isOutdated) return;
    outcome = { kind: 'keep' };
    transition = null;
  }

  return {
    recognise({ freshnessMs, touch }) {
      if (looked) return recognition;
      looked = true;
      return value === null
        ? recognition
        : andThen(strategy.recognise(value, { freshnessMs, touch, now, safeMethod, client }), note);
    },

    current: () => recognition,
    watch: async () => (recognition.kind === 'active' && value !== null ? strategy.watch(value) : null),
    provenFamily: () => andThen(prove(), (proof) => proof?.family ?? null),
    familyAfterwards() {
      if (transition?.kind === 'begun') return transition.family;
      return outcome.kind === 'clear' ? null : andThen(prove(), (proof) => proof?.family ?? null);
    },

    async begin(identity) {
      // Everything up to the moment of an end everywhere is over: what the same reply begins comes after it.
      const from = recognition.kind === 'active' && value !== null ? { session: recognition.session, value } : null;
      const startsAt = endedAllAt === null ? now : endedAllAt + 1;
      const begun = await strategy.begin({ identity, now: startsAt, client: client(), device: device(), from });
      if (begun.kind !== 'begun') return begun;
      if (identity !== null) await supersede();
      // A stranger's session without data can wait for a quicker reply; a login cannot.
      isUnchanged = identity === null;
      hold(begun.session, begun.value);
      transition = { kind: 'begun', family: begun.session.family };
      return begun;
    },

    async adopt(foreign) {
      const recognised = await strategy.recognise(foreign, {
        now,
        freshnessMs: 0,
        touch: true,
        safeMethod: false,
        client,
      });
      if (recognised.kind === 'unavailable') throw new StoreUnavailable(recognised.because);
      if (recognised.kind === 'rejected') return recognised;
      await supersede();
      isUnchanged = false;
      hold(recognised.session, recognised.renewed ?? foreign);
      transition = { kind: 'begun', family: recognised.session.family };
      return recognition;
    },

    update: (patch, ifVersion) => withActive((session, own) => strategy.update(session, own, patch, ifVersion, now)),
    rotate: () => withActive((session, own) => strategy.rotate(session, own, now)),

    async end(scope) {
      if (scope === 'all' && !strategy.endSubject) return 'impossible';
      const before = await prove();
      // Cleared first: even if the authority cannot be told, this browser has no session any more.
      outcome = { kind: 'clear' };
      isUnchanged = false;
      recognition = { kind: 'none' };
      looked = true;
      value = null;
      transition = { kind: 'ended' };
      if (!before) return 'ended';
      if (scope === 'all' && before.subject !== null) {
        await strategy.endSubject?.(before.subject, now);
        endedAllAt = now;
      }
      await strategy.end(before.family, 'logout', now);
      return 'ended';
    },

    async endOthers() {
      const { endOthers } = strategy;
      if (!endOthers) return null;
      const changed = await withActive((session, own) => endOthers(session, own, now));
      if (changed.kind === 'changed') transition = { kind: 'begun', family: changed.session.family };
      return changed;
    },

    settle,
    outcome: () => outcome,
    transition: () => transition,
  };
}
