/** Carries out the session commands in an origin's reply (`identity/commands.ts`). */

import type { OneRequest } from '../context.ts';
import { Failure } from '../errors.ts';
import type { ReadCommands } from '../identity/commands.ts';
import { logEvent } from '../log/events.ts';
import type { Platform } from '../platform.ts';
import { StoreUnavailable } from '../session/store/unavailable.ts';
import type { Changed } from '../session/strategy/lifecycle.ts';

/**
 * Throws `bad_command` for a command that cannot be carried out, and a store's outage as it is. The reply is then discarded.
 * Data alone that cannot be saved discards no reply: the origin has done its work, and the client must not repeat it.
 */
export async function applyCommands(
  read: ReadCommands,
  { client, session, trail }: OneRequest,
  reply: Response,
  platform: Platform,
): Promise<void> {
  if (read.kind === 'none') return;
  const logIgnored = (reason: string): void => {
    const fields = { request_id: client.requestId, origin: trail.origin, reason };
    logEvent(platform, 'command-ignored', fields, client.now);
  };
  if (read.kind === 'ignored') return logIgnored(read.because);
  try {
    if (read.kind === 'malformed') throw new Failure('bad_command', read.because);
    const { end, issue, update, rotate } = read;
    for (const because of read.ignored) logIgnored(because);
    if (end === 'others') requireDone('Session-End', await session.endOthers());
    else if (end && (await session.end(end)) === 'impossible') requireDone('Session-End', null);
    if (issue) {
      const begun = await session.begin(issue);
      if (begun.kind === 'full') throw new Failure('session_limit', 'the subject has reached its session limit');
      if (begun.kind === 'too-large')
        throw new Failure('bad_command', 'Session-Issue: the identity does not fit into a cookie');
    }
    if (update) {
      try {
        requireDone('Session-Update', await session.update(update, null));
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        const fields = { request_id: client.requestId, origin: trail.origin, reason: error.message };
        logEvent(platform, 'update-not-saved', fields, client.now);
      }
    }
    if (rotate) requireDone('Session-Rotate', await session.rotate());
  } catch (error) {
    await reply.body?.cancel();
    throw error;
  }
}

/** Commands for a session that has ended meanwhile have no effect, and that is not the origin's fault. */
function requireDone(command: string, changed: Changed | null): void {
  if (changed === null) throw new Failure('bad_command', `${command}: this session strategy cannot end sessions`);
  if (changed.kind === 'too-large')
    throw new Failure('bad_command', `${command}: the data does not fit into the session`);
  if (changed.kind === 'conflict') throw new Failure('conflict', `${command}: gave up after conflicting writes`);
}
