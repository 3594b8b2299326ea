/** The keys of the rows in KV. Once-keys are named in `once-keys.ts`. */
import { versionKey } from './kv-rows.ts';

export const recordPrefix = (sessionId: string): string => `s:${sessionId}:`;
export const recordKey = (sessionId: string, version: number): string => versionKey(recordPrefix(sessionId), version);
/** The head holds the number of the newest version. */
export const headKey = (sessionId: string): string => `h:${sessionId}`;
export const markerKey = (sessionId: string): string => `r:${sessionId}`;
export const notBeforeKey = (subjectKey: string): string => `n:${subjectKey}`;
export const everyoneKey = 'g:everyone';
export const indexPrefix = (subjectKey: string): string => `l:${subjectKey}:`;
