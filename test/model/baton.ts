/**
 * Cooperative scheduling: every step that others could see (a call of a store, or of a table's item) waits here until it
 * is let go, one at a time. What an actor computes between two such steps belongs to the first of them.
 */

export interface Baton {
  /** Runs the step when it is its turn; its answer becomes part of what the actor knows. */
  step<T>(actor: string, what: string, act: () => Promise<T>): Promise<T>;
}

export interface Scheduler extends Baton {
  /** Steps that wait, each named once. */
  waiting(): readonly string[];
  /** Lets one go, and comes back when nothing moves any more. */
  go(name: string): Promise<void>;
  /** Something an actor has seen otherwise than by a step's answer. */
  noteSeen(actor: string, what: string): void;
  /** Everything an actor has been answered and has seen so far: with it, what the actor will do next is settled. */
  known(): Readonly<Record<string, readonly string[]>>;
}

/** `turn`: told whose computing begins. */
export function createScheduler(turn: (actor: string) => void): Scheduler {
  const waiting = new Map<string, { readonly actor: string; readonly letGo: () => void }>();
  const known: Record<string, string[]> = {};
  const steps = new Map<string, number>();

  const learn = (actor: string, what: string): void => {
    known[actor] ??= [];
    known[actor].push(what);
  };

  return {
    async step(actor, what, act) {
      const count = (steps.get(actor) ?? 0) + 1;
      steps.set(actor, count);
      const name = `${actor} ${count}: ${what}`;
      await new Promise<void>((letGo) => waiting.set(name, { actor, letGo }));
      const answer = await act();
      learn(actor, `${name} = ${JSON.stringify(answer)}`);
      return answer;
    },
    noteSeen: learn,
    waiting: () => [...waiting.keys()].sort(),
    async go(name) {
      const step = waiting.get(name);
      if (!step) throw new Error(`no such step waits: ${name}`);
      waiting.delete(name);
      turn(step.actor);
      step.letGo();
      await still();
    },
    known: () => known,
  };
}

/** All microtasks are done when the next macrotask comes, and nothing in a model waits for anything else. */
export const still = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
