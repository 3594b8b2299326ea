/**
 * Walks every order in which the waiting steps of a model can happen, to the end of each. Two orders that lead to the
 * same state are gone on from once, and counted as the two that they are.
 */

export interface Model {
  /** What can happen next; empty at the end. */
  choices(): readonly string[];
  take(choice: string): Promise<void>;
  /** Everything that what follows can depend on. */
  state(): Promise<string>;
  /** What is wrong here, or `null`. May change the model when there are no choices left. */
  wrong(): Promise<string | null>;
}

export type Walked =
  | { readonly kind: 'sound'; readonly interleavings: number; readonly states: number }
  | { readonly kind: 'counterexample'; readonly because: string; readonly trace: readonly string[] };

/** Ten times what the largest scenario has: a model that grows past it would take minutes, and shall say so. */
const mostStates = 100_000;

class Counterexample extends Error {
  readonly trace: readonly string[];
  constructor(because: string, trace: readonly string[]) {
    super(because);
    this.trace = trace;
  }
}

/**
 * `begin` must begin the very same model every time: a branch is reached by taking its choices anew. `merge: false` goes
 * on from equal states as often as they are reached: far slower, and the same in the end if `state` leaves nothing out.
 */
export async function walk(begin: () => Promise<Model>, { merge = true } = {}): Promise<Walked> {
  const endsFrom = new Map<string, number>();

  async function replay(trace: readonly string[]): Promise<Model> {
    const model = await begin();
    for (const choice of trace) await model.take(choice);
    return model;
  }

  async function endsBelow(model: Model, trace: readonly string[]): Promise<number> {
    const because = await model.wrong();
    if (because !== null) throw new Counterexample(because, trace);
    const choices = model.choices();
    if (choices.length === 0) return 1;
    let ends = 0;
    for (const [i, choice] of choices.entries()) {
      const isLast = i === choices.length - 1;
      const next = isLast ? model : await replay(trace);
      await next.take(choice);
      const state = await next.state();
      const known = merge ? endsFrom.get(state) : undefined;
      const below = known ?? (await endsBelow(next, [...trace, choice]));
      if (known === undefined) endsFrom.set(state, below);
      if (endsFrom.size > mostStates) throw new Error('the model has too many states');
      ends += below;
    }
    return ends;
  }

  try {
    return { kind: 'sound', interleavings: await endsBelow(await begin(), []), states: endsFrom.size };
  } catch (error) {
    if (!(error instanceof Counterexample)) throw error;
    return { kind: 'counterexample', because: error.message, trace: error.trace };
  }
}
