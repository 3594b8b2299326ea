/**
 * Clients whose requests overlap in every possible way, each at a gateway of its own that remembers nothing of the others:
 * the strategy and the request's session are the real ones, the store's steps are let go one by one.
 *
 * What must hold: once an ending has returned, no credential of what it ended is recognised again by whoever asks the
 * authority. With several regions: as soon as every write has arrived everywhere.
 */
import type { SessionSettings } from '../../shared/config/settings.ts';
import { createRequestSession, type RequestSession } from '../../shared/session/request/request-session.ts';
import type { Session } from '../../shared/session/session.ts';
import type { Store } from '../../shared/session/store/store.ts';
import type { Strategy } from '../../shared/session/strategy/strategy.ts';
import { beginningOf, type Keys, minuteMs, someClient, someKeys } from '../support/session-parts.ts';
import { createScheduler, still } from './baton.ts';
import type { Place } from './places.ts';
import type { Drawn, StillCrypto } from './still-crypto.ts';
import type { Model } from './walk.ts';

/** What an ending has promised to whoever asked for it, from the moment it returned. */
export type Ending =
  | { readonly kind: 'family'; readonly sessionId: string }
  | { readonly kind: 'subject'; readonly subject: string; readonly at: number }
  | { readonly kind: 'everyone'; readonly at: number }
  /** The one value: its session goes on under another. */
  | { readonly kind: 'value'; readonly value: string };

export interface Held {
  readonly value: string;
  readonly session: Session;
}

/** What an actor is given: a browser (or a service) and the gateway it talks to. */
export interface Tools {
  readonly strategy: Strategy;
  readonly at: number;
  /** The session that was begun before the story begins. */
  readonly held: Held;
  request(value: string | null, now: number): RequestSession;
  /** What the browser holds after a reply. */
  keep(session: RequestSession, before: Held): Held;
  /** The session of `next` goes on in place of that of `before`: an end of the one is an end of the other. */
  succeeds(next: Held, before: Held): void;
  /** What the one browser holds, for actors that are its tabs. */
  openJar(): Held;
  fillJar(held: Held): void;
  /** On the wire: something that can take its time. */
  travel(what: string): Promise<void>;
  /** The ending has returned. */
  ended(ending: Ending): void;
  /** Every credential that has been given out so far and was ended since. */
  overByNow(): readonly Held[];
  complain(because: string): void;
}
export type Act = (tools: Tools) => Promise<void>;

export interface Actor {
  readonly act: Act;
  /** Begins when that actor is done. */
  readonly after?: string;
  readonly region?: string;
  /** Milliseconds after the others. */
  readonly later?: number;
}

export interface Scenario {
  readonly place: () => Place;
  readonly actors: Readonly<Record<string, Actor | Act>>;
  readonly strategy: (store: Store, keys: Keys, settings?: SessionSettings) => Strategy;
  readonly settings?: SessionSettings;
  /** `nobody-is-lost`: nothing ends, and the browser is still signed in when all is done. */
  readonly promise?: 'nothing-is-revived' | 'nobody-is-lost';
  /** Asks at every step, though writes to the other regions may still be on their way. */
  readonly impatient?: boolean;
}

const begunAt = Date.UTC(2026, 0, 1, 12);
/** Touch and rotation are due, the session is not idle. */
const actedAt = begunAt + 5 * minuteMs;
const lookedAt = actedAt + minuteMs;

export async function beginModel(scenario: Scenario, crypto: StillCrypto): Promise<Model> {
  const { strategy: createStrategy, settings } = scenario;
  const place = scenario.place();
  const [home = ''] = place.regions;
  const drawn: Drawn = new Map();
  const turn = (name: string): void => crypto.drawFor(name, drawn);
  const scheduler = createScheduler(turn);
  turn('the beginning');
  const keys = someKeys();
  const gatewayOf = (store: Store): Strategy => createStrategy(store, keys, settings);

  const begun = await gatewayOf(place.look(home)).begin(beginningOf(begunAt));
  if (begun.kind !== 'begun') throw new Error(`no session to begin with: ${begun.kind}`);
  for (const way of place.onTheirWay()) place.deliver(way);
  const held: Held = { value: begun.value, session: begun.session };
  const givenOut: Held[] = [held];
  const jar = { held };
  const endings: Ending[] = [];
  const done = new Set<string>();
  let complaint: string | null = null;

  const predecessors = new Map<string, string>();
  const isOrFollows = (sessionId: string | undefined, ended: string): boolean =>
    sessionId !== undefined && (sessionId === ended || isOrFollows(predecessors.get(sessionId), ended));

  const isOver = ({ value, session }: Held): boolean =>
    endings.some((ending) => {
      if (ending.kind === 'value') return ending.value === value;
      if (ending.kind === 'family') return isOrFollows(session.sessionId, ending.sessionId);
      return (ending.kind === 'everyone' || ending.subject === session.subject) && session.createdAt <= ending.at;
    });

  function start(name: string, actor: Actor): void {
    const region = actor.region ?? home;
    const strategy = gatewayOf(place.storeOf(name, region, scheduler));
    const tools: Tools = {
      strategy,
      at: actedAt + (actor.later ?? 0),
      held,
      request: (value, now) =>
        createRequestSession({
          strategy,
          values: value === null ? [] : [value],
          now,
          method: 'GET',
          client: () => someClient,
          device: () => 'Firefox on Linux',
        }),
      keep(request, before) {
        const [current, outcome] = [request.current(), request.outcome()];
        const session = current.kind === 'active' ? current.session : before.session;
        const after = outcome.kind === 'write' ? { value: outcome.value, session } : before;
        if (!givenOut.some(({ value }) => value === after.value)) givenOut.push(after);
        return after;
      },
      succeeds(next, before) {
        if (next.session.sessionId !== before.session.sessionId) {
          predecessors.set(next.session.sessionId, before.session.sessionId);
        }
      },
      openJar() {
        scheduler.noteSeen(name, jar.held.value);
        return jar.held;
      },
      fillJar(next) {
        jar.held = next;
      },
      travel: (what) => scheduler.step(name, what, async () => {}),
      ended: (ending) => void endings.push(ending),
      overByNow() {
        const over = givenOut.filter(isOver);
        for (const { value } of over) scheduler.noteSeen(name, value);
        return over;
      },
      complain(because) {
        complaint ??= `${name}: ${because}`;
      },
    };
    const finish = (): void => {
      done.add(name);
      for (const [other, { after }] of waiting) {
        if (after !== name) continue;
        waiting.delete(other);
        start(other, actors[other] as Actor);
      }
    };
    actor.act(tools).then(finish, (error: Error) => {
      complaint ??= `${name} failed: ${error.message}`;
      finish();
    });
  }

  const actors: Record<string, Actor> = {};
  for (const [name, actor] of Object.entries(scenario.actors)) {
    actors[name] = typeof actor === 'function' ? { act: actor } : actor;
  }
  const waiting = new Map(Object.entries(actors).filter(([, { after }]) => after !== undefined));
  for (const [name, actor] of Object.entries(actors)) {
    if (actor.after !== undefined) continue;
    turn(name);
    start(name, actor);
    await still();
  }

  const observer = new Map(place.regions.map((region) => [region, gatewayOf(place.look(region))]));
  const look = { now: lookedAt, freshnessMs: 0, safeMethod: true, client: () => someClient };

  async function revived(passive: boolean): Promise<string | null> {
    for (const region of place.regions) {
      for (const [n, credential] of givenOut.entries()) {
        if (!isOver(credential)) continue;
        const asked = passive ? observer.get(region) : gatewayOf(place.look(region));
        const answer = await asked?.authenticate(credential.value, { ...look, touch: !passive, passive });
        if (answer?.kind === 'active') return `credential ${n} is recognised ${region}, though it was ended`;
        // No other answer is an answer here: the store can be reached.
        if (answer?.kind !== 'rejected') return `credential ${n} is ${answer?.kind} ${region}`;
      }
    }
    return null;
  }

  async function lost(): Promise<string | null> {
    const answer = await gatewayOf(place.look(home)).authenticate(jar.held.value, { ...look, touch: true });
    return answer.kind === 'active' ? null : 'the browser was signed out by nobody';
  }

  return {
    choices: () => [...scheduler.waiting(), ...place.onTheirWay()],
    async take(choice) {
      if (!place.onTheirWay().includes(choice)) return scheduler.go(choice);
      place.deliver(choice);
    },
    async state() {
      // Of whoever is done only the outcome counts, not how they came by it.
      const underWay = Object.entries(scheduler.known()).filter(([name]) => !done.has(name));
      const outcomes = [[...done].sort(), givenOut.map(({ value }) => value).sort(), jar.held.value];
      const lineage = [...predecessors].map(String).sort();
      const promised = endings.map((ending) => JSON.stringify(ending)).sort();
      return JSON.stringify([
        underWay,
        scheduler.waiting(),
        outcomes,
        promised,
        lineage,
        await place.state(),
        complaint,
      ]);
    },
    async wrong() {
      turn('the observer');
      if (complaint !== null) return complaint;
      const isSettled = place.onTheirWay().length === 0;
      if (!isSettled && !scenario.impatient) return null;
      const early = await revived(true);
      if (early !== null) return early;
      if (!isSettled || scheduler.waiting().length > 0) return null;
      if (done.size < Object.keys(actors).length) return 'somebody waits for what never comes';
      if (scenario.promise === 'nobody-is-lost') return lost();
      // Whoever tries now, as a client would, changes nothing either.
      const late = await revived(false);
      for (let on = place.onTheirWay(); on.length > 0; on = place.onTheirWay()) place.deliver(on[0] as string);
      return late ?? revived(true);
    },
  };
}
