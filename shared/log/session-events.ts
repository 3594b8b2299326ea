/**
 * Writes session events to the log. A keyed tag takes the place of the session's id: it is the same for the same session,
 * and cannot be used with the service API.
 */
import type { Settings } from '../config/settings.ts';
import { hex, utf8 } from '../crypto/bytes.ts';
import { createMacRing } from '../crypto/key-ring.ts';
import type { Platform } from '../platform.ts';
import type { EmitEvent } from '../session/events.ts';
import { logEvent } from './events.ts';

/** 64 bits: enough to distinguish sessions. */
const tagBytes = 8;

export function createEventEmitter({ secrets }: Settings, platform: Platform): EmitEvent {
  const ring = createMacRing(secrets.session);
  const tagOf = async (sessionId: string): Promise<string> => {
    const key = (await ring.keys())[0];
    if (!key) return '';
    const mac = await crypto.subtle.sign('HMAC', key.key, utf8(`event-tag|${sessionId}`));
    return hex(new Uint8Array(mac).subarray(0, tagBytes));
  };
  return ({ sessionId, event, ...fields }) => {
    const at = platform.now();
    if (sessionId === null) return logEvent(platform, event, fields, at);
    tagOf(sessionId).then(
      (tag) => logEvent(platform, event, { session_tag: tag, ...fields }, at),
      () => logEvent(platform, event, fields, at),
    );
  };
}
