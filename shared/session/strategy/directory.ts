/** Port: sessions that are not the request's own. In an outage of the store every method throws `StoreUnavailable`. */
import type { Claims, Session } from '../session.ts';
import type { Changed, DataPatch } from './lifecycle.ts';

export interface FoundSession {
  readonly session: Session;
  readonly data: Claims;
  readonly label: string | null;
}

export interface Device {
  readonly id: string;
  readonly label: string;
  readonly createdAt: number;
  /** As far as the store knows: some leave activity to the cookie. */
  readonly lastSeenAt: number;
}

export interface Directory {
  /** The subject's live sessions, newest first. `null` where the strategy has no list. */
  readonly devices: ((subject: string, now: number) => Promise<readonly Device[]>) | null;

  /** Whether a session is or was the subject's, as far as that is still known. */
  readonly belongedTo: ((id: string, subject: string, now: number) => Promise<boolean>) | null;

  /** Access by id, for the service API. `null` where the strategy keeps no records. */
  readonly records: SessionRecords | null;
}

export interface SessionRecords {
  /** `null`: there is no such session, or it is not live at `now`. */
  find(id: string, now: number): Promise<FoundSession | null>;
  patch(id: string, patch: DataPatch, ifVersion: number | null, now: number): Promise<Changed>;
}
