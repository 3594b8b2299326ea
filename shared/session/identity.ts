/**
 * Reads who is signing in: `{ sub, claims, data, acr, amr, label }`, in an origin's Session-Issue and in the service API.
 * Only `sub` is required. Unknown members are refused: with a misspelled `claims` a user would be signed in without any.
 */
import { isJsonObject } from '../http/json.ts';
import type { Identity } from './session.ts';

export type ParsedIdentity =
  | { readonly kind: 'ok'; readonly identity: Identity }
  /** `because` names the member and the rule, never the value. */
  | { readonly kind: 'bad'; readonly because: string };

/** Names with a meaning of their own in the gateway's tokens (RFC 7519, section 4.1, and its own). */
const reservedClaims: ReadonlySet<string> = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'typ'],
  ...['auth_time', 'acr', 'amr', 'claims', 'data'],
]);

const members: ReadonlySet<string> = new Set(['sub', 'claims', 'data', 'acr', 'amr', 'label']);

/** The bound of `sub` in OpenID Connect Core, section 2. */
const maxTextLength = 255;
const maxMethods = 16;
/** Shallow enough for every JSON parser. */
const maxDepth = 16;

/** No control or format characters (invisible ones would make two names look alike), no lone surrogates, no line ends. */
const printable = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u;

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= maxTextLength && printable.test(value);

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
  if (!Array.isArray(amr) || amr.length > maxMethods || !amr.every(isText)) return bad('amr must be at most 16 texts');
  return { kind: 'ok', identity: { subject: sub, claims, data, acr, amr, label } };
}

const bad = (because: string): ParsedIdentity => ({ kind: 'bad', because });

/** Also refuses `__proto__`: a later assignment of it would change the prototype. */
export function isShallow(value: unknown, levels = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0 || Object.hasOwn(value, '__proto__')) return false;
  return Object.values(value).every((inner) => isShallow(inner, levels - 1));
}
