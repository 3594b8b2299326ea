/** Stored sessions: the store has the record, the client a handle to it. */

import type { Claims } from '../session.ts';
import { createDeviceList } from '../strategy/device-list.ts';
import type { Beginning } from '../strategy/lifecycle.ts';
import { createSessionEndings } from '../strategy/session-endings.ts';
import { createSessionLimit } from '../strategy/session-limit.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { createStoredAuthentication } from './authentication.ts';
import { createCredentials } from './cookie/credentials.ts';
import { createCreation } from './create.ts';
import { createEndOthers } from './end-others.ts';
import { createLookup } from './lookup.ts';
import { sessionFrom, snapshotFrom } from './mapping.ts';
import type { StoredParts } from './parts.ts';
import { createUpdates } from './update.ts';

export function createStoredStrategy(parts: StoredParts): Strategy {
  const { settings, shown } = parts;
  const credentials = createCredentials(parts.ring, parts.maxValueLength, settings.absoluteMs);
  const endings = createSessionEndings(parts);
  const lookup = createLookup(parts);
  const { find } = lookup;
  const limit = createSessionLimit(parts, endings, lookup.findEnded);
  const list = createDeviceList(limit, async (entries, key, now) =>
    (await lookup.findAll(entries, key, now)).map((found) => found?.record.lastSeenAt ?? null),
  );
  const creation = createCreation(parts, credentials, limit);
  const { update, rotate, patch } = createUpdates(parts, credentials, lookup, creation);

  /** The data of an anonymous session survives the login. */
  async function dataBefore(from: Beginning['from'], now: number): Promise<Claims> {
    const credential = from?.session.subject === null ? await credentials.read(from.value) : null;
    return credential ? lookup.dataOf(credential, now) : {};
  }

  return {
    ...createStoredAuthentication(parts, credentials, lookup, endings),
    ...list,

    async begin({ identity, now, client, device, from }) {
      return creation.createSession({
        identity,
        data: { ...(await dataBefore(from, now)), ...identity?.data },
        client,
        device,
        now,
        after: 0,
        authenticatedAt: now,
        endsAt: now + settings.absoluteMs,
        replaces: from !== null && from.session.subject === identity?.subject ? from.session.sessionId : null,
      });
    },
    update,
    rotate,
    end: endings.end,
    endSubject: endings.endSubject,
    endEveryone: endings.endEveryone,
    endOthers: createEndOthers(parts, { credentials, lookup, limit, creation, endings }),
    unwritten: endings.unwritten,

    records: {
      patch,
      async find(id, now) {
        const found = await find(id, now);
        if (!found) return null;
        const { record, content } = found;
        const snapshot = snapshotFrom(record, content, shown, {
          lastSeenAt: record.lastSeenAt,
          checkedAt: now,
          generation: 1,
          rotatedAt: now,
          pending: false,
          successorKey: content.successorKey,
        });
        return { session: sessionFrom(id, snapshot, settings.idleMs), data: content.data, label: content.label };
      },
    },
  };
}
