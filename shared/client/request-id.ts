/** The id that appears in the client's reply, the origin's log and the gateway's log. */

const wellFormed = /^[A-Za-z0-9._:-]{8,128}$/;

/** The id that a trusted proxy gave the request. `null`: the gateway's own id is used. */
export const requestIdOf = (sent: string | null, fromTrustedProxy: boolean): string | null =>
  fromTrustedProxy && sent !== null && wellFormed.test(sent) ? sent : null;
