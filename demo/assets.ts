/** Style sheet, script and icon. They are the same for every client, so an edge cache may store them. */
import { readFileSync } from 'node:fs';
import type { Answer } from './answer.ts';
import { icon, stylePath, styleSheet } from './document.ts';

const script = readFileSync(new URL('./session-times.js', import.meta.url), 'utf8');

// An hour: long enough to see the cache work, short enough to see changes of the demo.
const anHour = 'public, max-age=3600';
const forEver = 'public, max-age=31536000, immutable';

const files: Readonly<Record<string, Answer>> = {
  [stylePath]: file('text/css; charset=utf-8', forEver, styleSheet),
  '/assets/session-times.js': file('text/javascript; charset=utf-8', anHour, script),
  '/assets/berth.svg': file('image/svg+xml', anHour, icon),
};

export const asset = (path: string): Answer | null => (Object.hasOwn(files, path) ? (files[path] ?? null) : null);

function file(type: string, caching: string, body: string): Answer {
  return { status: 200, headers: { 'Content-Type': type, 'Cache-Control': caching }, body };
}
