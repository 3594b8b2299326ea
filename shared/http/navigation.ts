/** Whether a person loads a page or a program asks. Browsers say so (W3C Fetch Metadata); for others `Accept` decides. */
import type { Fields } from './headers.ts';

/** The reply will be shown as a page: any page load, forms included. */
export function wantsPage(headers: Fields): boolean {
  const mode = headers.get('sec-fetch-mode');
  return mode === null ? (headers.get('accept') ?? '').includes('text/html') : mode === 'navigate';
}

/** The only kind of request that may be redirected to a login: a script would follow it, and a form would lose its body. */
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
