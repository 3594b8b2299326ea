/** The Platform port on Workers. */
import type { Platform } from '../shared/platform.ts';
import { log } from './log.ts';
import { send } from './origin/fetch.ts';
import { relaySocket } from './origin/socket-relay.ts';

export { arrivalOf } from './arrival.ts';

export const workerPlatform: Platform = {
  door: 'worker',
  endsWhatIsLeft: true,
  now: () => Date.now(),
  send,
  relay: relaySocket,
  log,
};
