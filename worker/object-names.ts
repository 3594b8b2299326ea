/** How Durable Objects are named: the name alone says what an object is for. Hashes and random ids only, never a name of somebody. */
export const subjectObject = (subjectKey: string): string => `u|${subjectKey}`;
export const sessionObjectName = (sessionId: string): string => `f|${sessionId}`;
export const placeObject = (keyHash: string): string => `o|${keyHash}`;

/** The one object of its class. */
export const controlObject = 'control';

/** Has nothing and is given nothing: asked whether objects run at all. */
export const checkObject = 'check';
