/**
 * Session events on the log. In place of the family stands a keyed tag: the same for the same session, so that its life
 * can be followed, and good for nothing else, not even for asking the service API.
 */
import type { Settings } from '../config/settings.ts';
import { hex, utf8 } from '../crypto/bytes.ts';
import { createMacRing } from '../crypto/key-ring.ts';
import type { Platform } from '../platform.ts';
import type { EmitEvent } from '../session/events.ts';

/** 64 bits tell sessions apart; nobody has to trust them. */
const tagBytes = 8;

export function createTeller({ secrets }: Settings, platform: Platform): EmitEvent {
  const ring = createMacRing(secrets.session);
  const tagOf = async (sessionId: string): Promise<string> => {
    const key = (await ring.keys())[0];
    if (!key) return '';
    const mac = await crypto.subtle.sign('HMAC', key.key, utf8(`event-tag|${sessionId}`));
    return hex(new Uint8Array(mac).subarray(0, tagBytes));
  };
  return ({ sessionId, ...event }) => {
    const at = new Date(platform.now()).toISOString();
    tagOf(sessionId).then(
      (tag) => platform.log({ at, session_tag: tag, ...event }),
      () => platform.log({ at, ...event }),
    );
  };
}
