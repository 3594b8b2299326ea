/**
 * Port: how sessions are kept between requests. With `token/` the client carries the whole session, with `stored/` a record
 * does and the client has a handle. `test/contracts/session-strategy` tests both against these comments. Times are
 * milliseconds since the epoch; `value` is always the value of the session cookie.
 */
import type { Authentication } from './authentication.ts';
import type { Directory } from './directory.ts';
import type { Lifecycle } from './lifecycle.ts';

export interface Strategy extends Authentication, Lifecycle, Directory {}
