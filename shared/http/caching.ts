/** Who may keep a reply (RFC 9111). Both change the header they are given. */
import { memoize } from '../cache/lru.ts';
import { type HeaderList, listHeaders } from './header-snapshot.ts';
import type { FieldName } from './headers.ts';

/** They speak to one kind of shared cache each, and overrule Cache-Control there (RFC 9213 and its forerunners). */
const targeted: readonly FieldName[] = [
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'surrogate-control',
  'x-accel-expires',
];

/** For a reply that writes a cookie of ours: whoever kept it would hand one client's credential to the next. */
export function preventCaching(headers: Headers): void {
  headers.set('cache-control', 'private, no-store');
  for (const name of targeted) headers.delete(name);
}

/**
 * For a reply to somebody in particular. What a shared cache could store, by leave or by default (RFC 9111, section 3),
 * becomes `private` and varies with the cookie; what it could not store anyway stays as it is. `fields`: of the header,
 * where they have been gone through already.
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
 * For a reply to a request with a cookie or a credential, of the application's own too. Where the application says nothing of
 * caches, some keep it by a rule of thumb (RFC 9111, section 4.2.2), under a key that has neither in it.
 */
export function makePrivateByDefault(headers: Headers, fields: HeaderList = listHeaders(headers)): void {
  if (!saysOfCaching.some((name) => fields.get(name))) headers.set('cache-control', 'private');
}

/** What an application says of its replies is one of a few things. */
const kept = { maxEntries: 500, maxLength: 256 };

/** The Cache-Control to put in its place; `''`: no shared cache stores it as it is. */
const privately = memoize(madePrivate, kept);

function madePrivate(cacheControl: string): string {
  const directives = directivesOf(cacheControl);
  const names = new Set(directives.map(nameOf));
  // `must-understand` takes `no-store` back for caches that know the status code (section 5.2.2.3).
  if (names.has('no-store') && !names.has('must-understand')) return '';
  // `private="field"` is about one field only (section 5.2.2.7).
  if (directives.some((directive) => directive.toLowerCase() === 'private')) return '';
  return ['private', ...directives.filter((directive) => !replaced.has(nameOf(directive)))].join(', ');
}

const replaced: ReadonlySet<string> = new Set(['public', 's-maxage', 'private']);

/** Commas inside quotes separate nothing: `no-cache="a, b", max-age=5` are two directives. */
const directive = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g;

const directivesOf = (cacheControl: string | null): readonly string[] =>
  (cacheControl?.match(directive) ?? []).map((text) => text.trim()).filter((text) => text !== '');

const nameOf = (text: string): string => (text.split('=', 1)[0] as string).trim().toLowerCase();

const variesWithCookie = memoize(
  (vary) => vary.split(',').some((name) => ['*', 'cookie'].includes(name.trim().toLowerCase())),
  kept,
);

/** Said of a reply that came out of a cache, or was meant to go into a shared one. */
export const isFromCache = (headers: Headers): boolean =>
  headers.has('age') || directivesOf(headers.get('cache-control')).some((text) => nameOf(text) === 'public');
