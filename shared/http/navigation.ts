/** Is this a person loading a page, or a program? Browsers say so themselves (W3C Fetch Metadata); others by what they accept. */
import type { Fields } from './headers.ts';

/** Somebody who shall see a page: any page load, forms included. */
export function wantsPage(headers: Fields): boolean {
  const mode = headers.get('sec-fetch-mode');
  return mode === null ? (headers.get('accept') ?? '').includes('text/html') : mode === 'navigate';
}

/** The only kind of request that may be sent to a login: a script would follow the redirect, a form would lose its body. */
export function isTopLevelNavigation(method: string, headers: Fields): boolean {
  return (
    (method === 'GET' || method === 'HEAD') &&
    (headers.get('sec-fetch-mode') ?? 'navigate') === 'navigate' &&
    (headers.get('sec-fetch-dest') ?? 'document') === 'document' &&
    !headers.has('upgrade') &&
    !headers.has('x-requested-with') &&
    (headers.get('accept') ?? '').includes('text/html')
  );
}

/** A browser asking whether a request would be allowed (Fetch standard, CORS-preflight request). It never carries cookies. */
export const isPreflight = (method: string, headers: Fields): boolean =>
  method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');
