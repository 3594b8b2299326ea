/** Carries out what an origin's reply commanded: begins, changes or ends the client's session. */
import type { Context } from 'hono';
import type { Exchange } from '../context.ts';
import { Failure } from '../errors.ts';
import type { ReadCommands } from '../identity/commands.ts';
import type { Platform } from '../platform.ts';
import type { Changed } from '../session/strategy/strategy.ts';

/** Throws `bad_command` for what cannot be done, and a store's outage as it is; the origin's reply is then given up. */
export async function applyCommands(
  read: ReadCommands,
  c: Context<Exchange>,
  reply: Response,
  platform: Platform,
): Promise<void> {
  if (read.kind === 'none') return;
  const { client, session, trail } = c.env;
  const tellIgnored = (reason: string): void => {
    const at = new Date(client.now).toISOString();
    platform.log({ event: 'command-ignored', at, request_id: client.requestId, origin: trail.origin, reason });
  };
  if (read.kind === 'ignored') return tellIgnored(read.because);
  try {
    if (read.kind === 'malformed') throw new Failure('bad_command', read.because);
    const { end, issue, update, rotate } = read;
    for (const because of read.ignored) tellIgnored(because);
    if (end === 'others') succeed('Session-End', await session.endOthers());
    else if (end && (await session.end(end)) === 'impossible') succeed('Session-End', null);
    if (issue) {
      const begun = await session.begin(issue);
      if (begun.kind === 'full') throw new Failure('session_limit', 'the subject has as many sessions as it may have');
      if (begun.kind === 'too-large')
        throw new Failure('bad_command', 'Session-Issue: the identity does not fit into a cookie');
    }
    if (update) succeed('Session-Update', await session.update(update, null));
    if (rotate) succeed('Session-Rotate', await session.rotate());
  } catch (error) {
    await reply.body?.cancel();
    throw error;
  }
}

/** A session that ended in the meantime takes its commands with it: that is no fault of the origin's. */
function succeed(command: string, changed: Changed | null): void {
  if (changed === null) throw new Failure('bad_command', `${command}: this strategy keeps nothing it could end`);
  if (changed.kind === 'too-large') throw new Failure('bad_command', `${command}: the data does not fit`);
  if (changed.kind === 'conflict') throw new Failure('conflict', `${command}: too many writers at once`);
}
