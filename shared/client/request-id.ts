/** The id that joins the client's reply, the origin's log and ours. */

const wellFormed = /^[A-Za-z0-9._:-]{8,128}$/;

/** The one that a trusted proxy in front already gave the request, or `null`: then it keeps ours. */
export const requestIdOf = (sent: string | null, fromTrustedProxy: boolean): string | null =>
  fromTrustedProxy && sent !== null && wellFormed.test(sent) ? sent : null;
