/**
 * Limits how long one exchange with the origins may take, all attempts together.
 *
 * The timeout runs from the moment the runtime has taken the last byte of the request's body until the reply's headers are
 * there. While the body flows it limits only a standstill: a client that stops sending, or an origin that stops reading. The
 * reply's body is never timed. A host that limits the time of a request ends everything.
 */
import type { BodyStage } from '../platform.ts';

export type ExchangeEnd =
  /** The client stopped sending its body. */
  | 'stalled'
  /** The client broke off in the middle of its body. */
  | 'broken'
  /** The origin stopped reading, or did not reply. */
  | 'timed-out';

export interface ClockSettings {
  readonly timeoutMs: number;
  /** What the host leaves of its own time; `null`: it sets no limit. */
  readonly maxMs: number | null;
  readonly hasBody: boolean;
  readonly now: () => number;
  /** Aborts `signal` too; `null` where the host cannot tell. */
  readonly clientGone: AbortSignal | null;
  /** Whether `signal` is needed. It is not where the host itself ends abandoned work (`Platform.endsWhatIsLeft`). */
  readonly hasSignal: boolean;
  /** Called once, `nearTimeoutMs` before the origin times out. */
  readonly onNearTimeout: () => void;
  readonly nearTimeoutMs: number;
}

/** One instance per request. */
export class ExchangeClock {
  /** Aborts the attempt when the time is up or the client is gone. */
  readonly signal: AbortSignal | null;
  endedBy: ExchangeEnd | null = null;
  readonly #settings: ClockSettings;
  readonly #abort: AbortController | null;
  readonly #endsAt: number;
  #stage: BodyStage;
  /** When the body last made progress, or was taken. */
  #since: number;
  #foreseen = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #giveUp: ((ending: ExchangeEnd) => void) | null = null;

  constructor(settings: ClockSettings) {
    const { timeoutMs, maxMs, hasBody, now, clientGone, hasSignal } = settings;
    this.#settings = settings;
    this.#abort = hasSignal ? new AbortController() : null;
    this.signal = this.#abort && (clientGone ? AbortSignal.any([this.#abort.signal, clientGone]) : this.#abort.signal);
    this.#stage = hasBody ? 'client' : 'taken';
    this.#since = now();
    this.#endsAt = maxMs === null ? Number.POSITIVE_INFINITY : this.#since + maxMs;
    this.#wait(Math.min(timeoutMs, this.#endsAt - this.#since));
  }

  /** Once the body was taken, further attempts with it change nothing. */
  onBodyStage(stage: BodyStage): void {
    if (this.endedBy !== null || this.#stage === 'taken') return;
    if (stage === 'broken') {
      this.#end('broken');
      return;
    }
    this.#stage = stage;
    this.#since = this.#settings.now();
  }

  /** The work's result, or the reason for which the exchange ended before. */
  race<T>(work: Promise<T>): Promise<T | ExchangeEnd> {
    return new Promise((resolve, reject) => {
      this.#giveUp = resolve;
      work.then(resolve, reject);
      if (this.endedBy !== null) resolve(this.endedBy);
    });
  }

  /** The exchange is over. On Workers too: clearing the timer is cheaper than letting the runtime do it. */
  clear(): void {
    clearTimeout(this.#timer);
  }

  #wait(leftMs: number): void {
    const { nearTimeoutMs: foreseeMs } = this.#settings;
    this.#timer = setTimeout(() => this.#look(), leftMs > foreseeMs ? leftMs - foreseeMs : leftMs);
  }

  #look(): void {
    const { timeoutMs, now, onNearTimeout: foresee, nearTimeoutMs: foreseeMs } = this.#settings;
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

  #end(ending: ExchangeEnd): void {
    this.endedBy = ending;
    this.clear();
    this.#abort?.abort(new Error(ending));
    this.#giveUp?.(ending);
  }
}
