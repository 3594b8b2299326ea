/**
 * All failures of a request: a stable code, its status and the public sentence. The reason goes to the log, never into the
 * reply. A test compares this table with `docs/errors.md`.
 */
const catalogue = {
  bad_request: [400, 'The request could not be understood.'],
  bad_path: [400, 'The path of this request is not acceptable.'],
  session_required: [401, 'You need to sign in to see this.'],
  session_rejected: [401, 'Your session has ended. Please sign in again.'],
  reauthentication_required: [401, 'Please confirm who you are by signing in again.'],
  unauthorized: [401, 'A valid service credential is needed.'],
  forbidden: [403, 'You are not allowed to do this.'],
  cross_site: [403, 'This request came from another site and was refused.'],
  session_limit: [403, 'There are too many active sessions for this account.'],
  no_route: [404, 'There is nothing here.'],
  not_found: [404, 'There is nothing here.'],
  method_not_allowed: [405, 'This method is not possible here.'],
  request_timeout: [408, 'This request did not arrive in time.'],
  conflict: [409, 'Somebody else changed this in the meantime.'],
  gone: [410, 'This link has been used or has run out.'],
  body_too_large: [413, 'The body of this request is too large.'],
  misdirected: [421, 'This server does not answer for that host.'],
  rate_limited: [429, 'Too many attempts. Please wait a little.'],
  headers_too_large: [431, 'The headers or cookies of this request are too large.'],
  internal: [500, 'Something went wrong on our side.'],
  not_supported: [501, 'This is not supported here.'],
  origin_unreachable: [502, 'The application could not be reached.'],
  bad_command: [502, 'The application sent an instruction that could not be carried out.'],
  reply_too_large: [502, 'The reply is too large to be delivered this way.'],
  no_origin_available: [503, 'No server is available to answer right now.'],
  pin_refused: [503, 'The server that holds your work is not available right now. Please try again shortly.'],
  region_unavailable: [503, 'No server in an allowed region is available right now.'],
  store_unavailable: [503, 'Sessions cannot be checked right now. Please try again shortly.'],
  misconfigured: [503, 'This gateway is not configured correctly.'],
  origin_timeout: [504, 'The application took too long to answer.'],
  loop: [508, 'This request has been here before.'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>;

export type FailureCode = keyof typeof catalogue;

export const failureCodes = Object.keys(catalogue) as FailureCode[];
export const statusOf = (code: FailureCode): number => catalogue[code][0];
export const sentenceOf = (code: FailureCode): string => catalogue[code][1];

/** Thrown by a step to end the request. `reason` is for the log only. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly reason: string;
  /** Public members added to the problem document (`login_url`, `reason`). */
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: FailureCode,
    reason: string,
    more: { members?: Readonly<Record<string, unknown>>; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(`${code}: ${reason}`);
    this.code = code;
    this.reason = reason;
    this.members = more.members ?? {};
    this.headers = more.headers ?? {};
  }
}
