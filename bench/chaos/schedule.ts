/** Which origin dies when. Created before the run, so that the same seed gives the same schedule. */
import { createRandom, oneOf } from './random.ts';

/** `restart`: killed and revived at once, with empty memory. */
export type Action = 'kill' | 'revive' | 'restart';

export interface Event {
  readonly atMs: number;
  readonly action: Action;
  readonly origin: string;
}

/** One event every `everyMs` until `forMs`. At least one origin is always alive and unaffected. */
export function scheduleOf(options: {
  readonly origins: readonly string[];
  readonly seed: number;
  readonly everyMs: number;
  readonly forMs: number;
}): readonly Event[] {
  const { origins, seed, everyMs, forMs } = options;
  const random = createRandom(seed);
  const dead = new Set<string>();
  const events: Event[] = [];
  for (let atMs = everyMs; atMs < forMs; atMs += everyMs) {
    const alive = origins.filter((id) => !dead.has(id));
    const possible: { action: Action; origin: string }[] = [...dead].map((origin) => ({ action: 'revive', origin }));
    if (alive.length > 1) {
      for (const origin of alive) possible.push({ action: 'kill', origin }, { action: 'restart', origin });
    }
    const { action, origin } = oneOf(possible, random);
    if (action === 'kill') dead.add(origin);
    if (action === 'revive') dead.delete(origin);
    events.push({ atMs, action, origin });
  }
  return events;
}
