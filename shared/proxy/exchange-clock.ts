/**
 * How long one exchange with the origins may take, all tries together.
 *
 * The timeout runs from when the runtime has taken the last byte of the request's body to the reply's headers. While the
 * body flows, the timeout bounds a standstill only: of a client that does not go on sending, or of an origin that does not
 * go on reading. A reply's body is never timed. Where the host itself gives a request only so much time, that ends all of it.
 */
import type { BodyStage } from '../platform.ts';

export type Ending =
  /** The client did not go on sending its body. */
  | 'stalled'
  /** The client broke off in the middle of its body. */
  | 'broken'
  /** The origin did not go on reading, or did not reply. */
  | 'timed-out';

export interface ClockSettings {
  readonly timeoutMs: number;
  /** What the host leaves of its own time; `null`: it sets no end. */
  readonly maxMs: number | null;
  readonly hasBody: boolean;
  readonly now: () => number;
  /** Aborts `signal` too; `null` where nobody can tell. */
  readonly clientGone: AbortSignal | null;
  /** Whether `signal` is wanted: not where the host ends by itself what nobody waits for. */
  readonly hasSignal: boolean;
  /** Called once, this long before the origin times out. */
  readonly foresee: () => void;
  readonly foreseeMs: number;
}

/** A class, because every request makes one. */
export class ExchangeClock {
  /** Ends what is under way when the time is up or the client is gone. */
  readonly signal: AbortSignal | null;
  ended: Ending | null = null;
  readonly #settings: ClockSettings;
  readonly #abort: AbortController | null;
  readonly #endsAt: number;
  #stage: BodyStage;
  /** When the body last moved on, or was taken. */
  #since: number;
  #foreseen = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #giveUp: ((ending: Ending) => void) | null = null;

  constructor(settings: ClockSettings) {
    const { timeoutMs, maxMs: mostMs, hasBody, now, clientGone, hasSignal } = settings;
    this.#settings = settings;
    this.#abort = hasSignal ? new AbortController() : null;
    this.signal = this.#abort && (clientGone ? AbortSignal.any([this.#abort.signal, clientGone]) : this.#abort.signal);
    this.#stage = hasBody ? 'client' : 'taken';
    this.#since = now();
    this.#endsAt = mostMs === null ? Number.POSITIVE_INFINITY : this.#since + mostMs;
    this.#wait(Math.min(timeoutMs, this.#endsAt - this.#since));
  }

  /** The body is at this stage, now. What a further try does with a body that was taken once says nothing new. */
  bodyIs(stage: BodyStage): void {
    if (this.ended !== null || this.#stage === 'taken') return;
    if (stage === 'broken') {
      this.#end('broken');
      return;
    }
    this.#stage = stage;
    this.#since = this.#settings.now();
  }

  /** What comes first: what is worked at, or the end of the time for it. */
  outlasts<T>(work: Promise<T>): Promise<T | Ending> {
    return new Promise((resolve, reject) => {
      this.#giveUp = resolve;
      work.then(resolve, reject);
      if (this.ended !== null) resolve(this.ended);
    });
  }

  /** The exchange is over. Also on Workers, where the request's end would take the timer along: left to that, it costs more than the call. */
  settle(): void {
    clearTimeout(this.#timer);
  }

  #wait(leftMs: number): void {
    const { foreseeMs } = this.#settings;
    this.#timer = setTimeout(() => this.#look(), leftMs > foreseeMs ? leftMs - foreseeMs : leftMs);
  }

  #look(): void {
    const { timeoutMs, now, foresee, foreseeMs } = this.#settings;
    const at = now();
    const leftMs = Math.min(this.#since + timeoutMs, this.#endsAt) - at;
    if (leftMs <= 0) {
      this.#end(this.#stage === 'client' && at < this.#endsAt ? 'stalled' : 'timed-out');
      return;
    }
    if (!this.#foreseen && leftMs <= foreseeMs && this.#stage !== 'client') {
      this.#foreseen = true;
      foresee();
    }
    this.#wait(leftMs);
  }

  #end(ending: Ending): void {
    this.ended = ending;
    this.settle();
    this.#abort?.abort(new Error(ending));
    this.#giveUp?.(ending);
  }
}
