/** The id that joins the client's reply, the origin's log and ours. */

const wellFormed = /^[A-Za-z0-9._:-]{8,128}$/;

/** Ours, unless a trusted proxy in front already gave the request one. */
export const requestIdOf = (sent: string | null, fromTrustedProxy: boolean): string =>
  fromTrustedProxy && sent !== null && wellFormed.test(sent) ? sent : crypto.randomUUID();
