/**
 * Watches the session of an open socket: checks regularly whether it would still open the socket, and closes the socket if
 * not. Messages do not keep a session alive. When the store stays unavailable the socket is closed and the session goes on.
 */
import type { Session } from '../../session/session.ts';
import type { SessionWatch } from '../../session/strategy/authentication.ts';

/** The shortest time between two checks: each is a read of the store, and there may be many sockets. */
export const minIntervalMs = 30_000;
/** A store that does not answer is asked again after this time; the socket is closed after this many failures in a row. */
const retryMs = 5_000;
const maxUnanswered = 3;
/** Longer timers fire at once (HTML standard, section 8.7). */
const maxTimerMs = 2_147_483_647;

/** The close code and reason say what a new upgrade would be answered. `because` is for the log. */
export interface SocketClose {
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
  readonly close: (end: SocketClose) => void;
}

export interface SocketWatch {
  /** Asked for every message: an ending that this isolate knows of takes effect at once. */
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

  function end(how: SocketClose): void {
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
        ? lookIn(retryMs)
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

const sessionEnded = (because: string): SocketClose => ({ code: 4401, reason: 'session_rejected', because });
