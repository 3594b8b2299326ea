/**
 * Holds an open socket to its session: looks again and again whether the session would still open it, and closes it when
 * not. Messages keep no session alive, and a store's outage ends no session: then the socket alone is given up, since
 * nobody could say for how long it is still right.
 */
import type { Session } from '../../session/session.ts';
import type { SessionWatch } from '../../session/strategy/strategy.ts';

/** The least time between two looks: a socket is one reader more for the store, and there may be many. */
export const minIntervalMs = 30_000;
/** A store that does not answer is asked again so much later, and given up after so many times in a row. */
const asksAgainAfterMs = 5_000;
const maxUnanswered = 3;
/** Longer timers fire at once (HTML standard, section 8.7). */
const maxTimerMs = 2_147_483_647;

/** How a socket is closed: what a new upgrade would be told, as its code. `because` is for the log. */
export interface SocketEnd {
  readonly code: 4401 | 1013;
  readonly reason: 'session_rejected' | 'reauthentication_required' | 'store_unavailable';
  readonly because: string;
}

export interface SocketWatchOptions {
  readonly watch: SessionWatch;
  /** Whether the route's rules would let this session open the socket now. */
  readonly mayStay: (session: Session, now: number) => boolean;
  /** The session's absolute end. */
  readonly endsAt: number;
  readonly everyMs: number;
  readonly now: () => number;
  readonly close: (end: SocketEnd) => void;
}

export interface SocketWatch {
  /** Asked for every message: what this isolate knows of is over at once. */
  mayPass(): boolean;
  /** The socket is gone. */
  stop(): void;
}

export function watchSocket({ watch, mayStay, endsAt, everyMs, now, close }: SocketWatchOptions): SocketWatch {
  let isOver = false;
  let unanswered = 0;
  let timer: ReturnType<typeof setTimeout>;

  const lookIn = (ms: number): void => {
    timer = setTimeout(look, Math.max(0, Math.min(ms, maxTimerMs)));
  };
  const lookNext = (): void => lookIn(Math.min(everyMs, endsAt - now()));

  function stop(): void {
    isOver = true;
    clearTimeout(timer);
  }

  function end(how: SocketEnd): void {
    stop();
    close(how);
  }

  async function look(): Promise<void> {
    const standing = await watch.look(now());
    if (isOver) return;
    if (standing.kind === 'ended') return end(sessionEnded(standing.reason));
    if (standing.kind === 'unknown') {
      unanswered++;
      return unanswered < maxUnanswered
        ? lookIn(asksAgainAfterMs)
        : end({ code: 1013, reason: 'store_unavailable', because: standing.because });
    }
    unanswered = 0;
    if (mayStay(standing.session, now())) return lookNext();
    end({ code: 4401, reason: 'reauthentication_required', because: 'the route asks for more than the session has' });
  }

  lookNext();
  return {
    mayPass() {
      if (!isOver && watch.isOverHere()) end(sessionEnded('revoked'));
      return !isOver;
    },
    stop,
  };
}

const sessionEnded = (because: string): SocketEnd => ({ code: 4401, reason: 'session_rejected', because });
