/** Everything below the prefix is ours, and nothing else is. */
import { type App, createApp, type Step } from '../pipeline.ts';
import type { EndpointParts } from './endpoint.ts';

/** The pages are loaded with the first request for one of them: `pages.ts`. */
export type LoadPages = () => Promise<{ readonly createPages: (app: App, parts: EndpointParts) => App }>;

export function pagesStep(parts: EndpointParts, load: LoadPages): Step {
  const { prefix } = parts.settings;
  let pages: App | null = null;
  return async (c) => {
    pages ??= (await load()).createPages(
      createApp((path) => exactly(path.slice(prefix.length) || '/')),
      parts,
    );
    return pages.fetch(c.req.raw, c.env);
  };
}

/** The router takes one slash at the end for none. To us that is another page: a second one tells the router so. */
const exactly = (path: string): string => (path !== '/' && path.endsWith('/') ? `${path}/` : path);
