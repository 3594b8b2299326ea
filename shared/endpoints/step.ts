/** Everything below the prefix is ours, and nothing else is. */
import { type App, createApp, type Step } from '../pipeline.ts';
import type { EndpointParts } from './endpoint.ts';

/** The first request for a page loads them all: most isolates serve none. */
export function pagesStep(parts: EndpointParts): Step {
  const { prefix } = parts.settings;
  let pages: App | null = null;
  return async (c) => {
    pages ??= (await import('./pages.ts')).createPages(
      createApp((path) => exactly(path.slice(prefix.length) || '/')),
      parts,
    );
    return pages.fetch(c.req.raw, c.env);
  };
}

/** The router takes one slash at the end for none. To us that is another page: a second one tells the router so. */
const exactly = (path: string): string => (path !== '/' && path.endsWith('/') ? `${path}/` : path);
