/** All paths below the prefix belong to our own pages. */
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

/** Hono's router ignores one slash at the end. Here such a path is another page, so the router gets a second slash. */
const exactly = (path: string): string => (path !== '/' && path.endsWith('/') ? `${path}/` : path);
