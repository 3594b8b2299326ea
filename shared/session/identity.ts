/**
 * The one shape in which anybody says who is signing in: `{ sub, claims, data, acr, amr, label }`, in an origin's
 * Session-Issue and in the service API. Only `sub` is needed. Unknown members are refused, so that a typing error in
 * `claims` cannot silently sign somebody in without them.
 */
import { isJsonObject } from '../http/json.ts';
import type { Identity } from './session.ts';

export type ParsedIdentity =
  | { readonly kind: 'ok'; readonly identity: Identity }
  /** `because` names the member and the rule, never the value. */
  | { readonly kind: 'bad'; readonly because: string };

/** Names that stand for something else in the tokens we sign (RFC 7519, section 4.1, and our own). */
const reservedClaims: ReadonlySet<string> = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'typ'],
  ...['auth_time', 'acr', 'amr', 'claims', 'data'],
]);

const members: ReadonlySet<string> = new Set(['sub', 'claims', 'data', 'acr', 'amr', 'label']);

/** As OpenID Connect Core, section 2, bounds `sub`. */
const longestText = 255;
const mostMethods = 16;
/** Deeper than anybody's claims; shallow enough for every parser that will meet them. */
const deepest = 16;

/** No control or format characters (what nobody sees cannot tell two names apart), no half surrogates, no line ends. */
const printable = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u;

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= longestText && printable.test(value);

export function parseIdentity(json: unknown): ParsedIdentity {
  if (!isJsonObject(json)) return bad('not a JSON object');
  for (const name of Object.keys(json)) if (!members.has(name)) return bad('a member that is not known');
  const { sub, claims = {}, data = {}, acr = null, amr = [], label = null } = json;
  if (!isText(sub)) return bad('sub must be 1 to 255 printable characters');
  if (!isJsonObject(claims) || !isShallow(claims)) return bad('claims must be a JSON object, nested 16 deep at most');
  if (!isJsonObject(data) || !isShallow(data)) return bad('data must be a JSON object, nested 16 deep at most');
  for (const name of Object.keys(claims)) if (reservedClaims.has(name)) return bad('claims has a reserved name');
  if (acr !== null && !isText(acr)) return bad('acr must be 1 to 255 printable characters');
  if (label !== null && !isText(label)) return bad('label must be 1 to 255 printable characters');
  if (!Array.isArray(amr) || amr.length > mostMethods || !amr.every(isText)) return bad('amr must be at most 16 texts');
  return { kind: 'ok', identity: { subject: sub, claims, data, acr, amr, label } };
}

const bad = (because: string): ParsedIdentity => ({ kind: 'bad', because });

/** Also refuses `__proto__`, which would be data here and a trap in the next assignment. */
export function isShallow(value: unknown, levels = deepest): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0 || Object.hasOwn(value, '__proto__')) return false;
  return Object.values(value).every((inner) => isShallow(inner, levels - 1));
}
