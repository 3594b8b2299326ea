/** The list of a subject's devices: the sessions in its index that are live. */
import type { Directory } from './directory.ts';
import type { SessionEntry } from './session-index.ts';
import type { SessionLimit } from './session-limit.ts';
import { subjectKeyOf } from './subject-key.ts';

type DeviceList = { readonly [Name in 'devices' | 'belongedTo']: NonNullable<Directory[Name]> };

export const createDeviceList = (
  limit: SessionLimit,
  /** In the order of the entries. `null`: the session is not live. */
  lastSeenAtOf: (
    entries: readonly SessionEntry[],
    subjectKey: string,
    now: number,
  ) => Promise<readonly (number | null)[]>,
): DeviceList => ({
  async devices(subject, now) {
    const subjectKey = await subjectKeyOf(subject);
    const entries = await limit.list(subjectKey, now);
    if (entries.length === 0) return [];
    const times = await lastSeenAtOf(entries, subjectKey, now);
    const devices = entries.flatMap(({ sessionId: id, label, createdAt }, i) => {
      const lastSeenAt = times[i] ?? null;
      return lastSeenAt === null ? [] : [{ id, label, createdAt, lastSeenAt }];
    });
    return devices.sort((a, b) => b.createdAt - a.createdAt);
  },

  belongedTo: async (id, subject, now) => limit.has(await subjectKeyOf(subject), id, now),
});
