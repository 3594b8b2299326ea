/** Who may keep a reply (RFC 9111). Both change the header they are given. */
import { memoize } from '../cache/lru.ts';
import { type HeaderList, listHeaders } from './header-snapshot.ts';
import type { FieldName } from './headers.ts';

/** Each is for one kind of shared cache, and overrules Cache-Control there (RFC 9213 and its predecessors). */
const targeted: readonly FieldName[] = [
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'surrogate-control',
  'x-accel-expires',
];

/** For a reply that writes one of the gateway's cookies: a cache would give one client's credential to another. */
export function preventCaching(headers: Headers): void {
  headers.set('cache-control', 'private, no-store');
  for (const name of targeted) headers.delete(name);
}

/**
 * For a reply to one client. If a shared cache could store it, explicitly or by default (RFC 9111, section 3), it becomes
 * `private` and varies with the cookie. Otherwise it stays as it is. `fields`: of the header, if they have been listed.
 */
export function keepOutOfSharedCaches(headers: Headers, fields: HeaderList = listHeaders(headers)): void {
  for (const name of targeted) if (fields.has(name)) headers.delete(name);
  const cacheControl = fields.get('cache-control');
  const instead = cacheControl === null ? 'private' : privately(cacheControl);
  if (instead === '') return;
  headers.set('cache-control', instead);
  const vary = fields.get('vary');
  if (vary === null || !variesWithCookie(vary)) headers.append('vary', 'Cookie');
}

const saysOfCaching: readonly FieldName[] = ['cache-control', 'expires', 'pragma', 'cdn-cache-control'];

/**
 * For a reply to a request with a cookie or a credential, the application's own included. If the application says nothing
 * about caching, some caches store the reply by heuristics (RFC 9111, section 4.2.2), under a key without either of them.
 */
export function makePrivateByDefault(headers: Headers, fields: HeaderList = listHeaders(headers)): void {
  if (!saysOfCaching.some((name) => fields.get(name))) headers.set('cache-control', 'private');
}

/** An application uses few different values. */
const limits = { maxEntries: 500, maxLength: 256 };

/** The Cache-Control to write instead; `''`: no shared cache stores the reply as it is. */
const privately = memoize(madePrivate, limits);

function madePrivate(cacheControl: string): string {
  const directives = directivesOf(cacheControl);
  const names = new Set(directives.map(nameOf));
  // With `must-understand`, caches that know the status code ignore `no-store` (section 5.2.2.3).
  if (names.has('no-store') && !names.has('must-understand')) return '';
  // `private="field"` is about one field only (section 5.2.2.7).
  if (directives.some((directive) => directive.toLowerCase() === 'private')) return '';
  return ['private', ...directives.filter((directive) => !replaced.has(nameOf(directive)))].join(', ');
}

const replaced: ReadonlySet<string> = new Set(['public', 's-maxage', 'private']);

/** A comma inside quotes is no separator: `no-cache="a, b", max-age=5` are two directives. */
const directive = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g;

const directivesOf = (cacheControl: string | null): readonly string[] =>
  (cacheControl?.match(directive) ?? []).map((text) => text.trim()).filter((text) => text !== '');

const nameOf = (text: string): string => (text.split('=', 1)[0] as string).trim().toLowerCase();

const variesWithCookie = memoize(
  (vary) => vary.split(',').some((name) => ['*', 'cookie'].includes(name.trim().toLowerCase())),
  limits,
);

/** The reply came out of a cache, or was meant for a shared one. */
export const isFromCache = (headers: Headers): boolean =>
  headers.has('age') || directivesOf(headers.get('cache-control')).some((text) => nameOf(text) === 'public');
