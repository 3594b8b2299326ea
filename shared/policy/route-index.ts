/**
 * Finds the first route that matches a path, at a cost that does not grow with the number of routes. The patterns are a tree
 * of path segments, one tree per host that a route names and one for all other routes. A walk along the path meets every
 * pattern that matches, and ends where no pattern goes on.
 */

import { coveredBy } from '../config/rules/methods.ts';
import type { Route } from '../config/settings.ts';
import { type Fold, patternForms } from '../http/paths.ts';

/** `path`: one reading of it (`http/paths.ts`), folded as the patterns are. `host`: with its port where it has one. */
export type FindRoute<T> = (path: string, method: string, host: string) => T | undefined;

interface Entry<T> {
  /** The position in the list: the lowest wins. */
  readonly place: number;
  readonly methods: readonly string[] | null;
  readonly of: T;
}
interface Node<T> {
  readonly children: Map<string, Node<T>>;
  /** The patterns that end here, in file order: those for exactly this path, and those for it and everything below. */
  readonly exact: Entry<T>[];
  readonly open: Entry<T>[];
}

/** `of`: the results, one per route in the same order. `fold`: applied to the patterns. */
export function indexRoutes<T>(routes: readonly Route[], of: readonly T[], fold: Fold = (path) => path): FindRoute<T> {
  const anyHost = newNode<T>();
  const byHost = new Map<string, Node<T>>();
  for (const [place, { host, path, methods }] of routes.entries()) {
    const tree = host === null ? anyHost : (byHost.get(host) ?? newNode<T>());
    if (host !== null) byHost.set(host, tree);
    const isOpen = path.endsWith('/*');
    const entry = { place, methods: coveredBy(methods), of: of[place] as T };
    for (const form of patternForms(isOpen ? path.slice(0, -2) : path)) {
      grow(tree, fold(form))[isOpen ? 'open' : 'exact'].push(entry);
    }
  }
  if (byHost.size === 0) return (path, method) => walk(anyHost, path, method, undefined)?.of;

  return (path, method, host) => {
    const own = byHost.get(host);
    const bare = host.replace(/:\d+$/, '');
    const ownBare = bare === host ? undefined : byHost.get(bare);
    let best = walk(anyHost, path, method, undefined);
    if (own) best = walk(own, path, method, best);
    if (ownBare) best = walk(ownBare, path, method, best);
    return best?.of;
  };
}

const newNode = <T>(): Node<T> => ({ children: new Map(), exact: [], open: [] });

function grow<T>(tree: Node<T>, pattern: string): Node<T> {
  let node = tree;
  for (const segment of pattern.split('/')) {
    const child = node.children.get(segment) ?? newNode<T>();
    node.children.set(segment, child);
    node = child;
  }
  return node;
}

function walk<T>(tree: Node<T>, path: string, method: string, known: Entry<T> | undefined): Entry<T> | undefined {
  let best = known;
  let node = tree;
  for (let start = 0; ; ) {
    const end = path.indexOf('/', start);
    const child = node.children.get(end < 0 ? path.slice(start) : path.slice(start, end));
    if (!child) return best;
    best = earlier(best, child.open, method);
    if (end < 0) return earlier(best, child.exact, method);
    node = child;
    start = end + 1;
  }
}

function earlier<T>(best: Entry<T> | undefined, entries: readonly Entry<T>[], method: string): Entry<T> | undefined {
  for (const entry of entries) {
    if (best && best.place < entry.place) return best;
    if (entry.methods === null || entry.methods.includes(method)) return entry;
  }
  return best;
}
