/** Names of Durable Objects. They contain hashes and random ids only. */
export const subjectObjectName = (subjectKey: string): string => `u|${subjectKey}`;
export const sessionObjectName = (sessionId: string): string => `f|${sessionId}`;
export const onceKeyObjectName = (keyHash: string): string => `o|${keyHash}`;

/** The only object of its class. */
export const controlObjectName = 'control';

/** An object for the health check alone. */
export const checkObjectName = 'check';
