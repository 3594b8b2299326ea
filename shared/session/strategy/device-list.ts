/** The list of a subject's devices: the sessions in its index that are live. */
import type { Directory } from './directory.ts';
import type { SessionEntry } from './session-index.ts';
import type { SessionLimit } from './session-limit.ts';
import { subjectKeyOf } from './subject-key.ts';

type DeviceList = { readonly [Name in 'devices' | 'belongedTo']: NonNullable<Directory[Name]> };

export const createDeviceList = (
  limit: SessionLimit,
  /** `null`: the session is not live. */
  lastSeenAtOf: (entry: SessionEntry, subjectKey: string, now: number) => Promise<number | null>,
): DeviceList => ({
  async devices(subject, now) {
    const subjectKey = await subjectKeyOf(subject);
    const devices = await Promise.all(
      (await limit.list(subjectKey, now)).map(async (entry) => {
        const lastSeenAt = await lastSeenAtOf(entry, subjectKey, now);
        const { sessionId: id, label, createdAt } = entry;
        return lastSeenAt === null ? [] : [{ id, label, createdAt, lastSeenAt }];
      }),
    );
    return devices.flat().sort((a, b) => b.createdAt - a.createdAt);
  },

  belongedTo: async (id, subject, now) => limit.has(await subjectKeyOf(subject), id, now),
});
