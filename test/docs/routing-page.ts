/** The blocks of docs/routing.md, by the heading that they stand under. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = readFileSync(fileURLToPath(new URL('../../docs/routing.md', import.meta.url)), 'utf8');

export interface Block {
  /** Of the nearest heading above; a second block in the same language there has ` (2)` behind it. */
  readonly under: string;
  readonly text: string;
}

export function blocksIn(language: string, section: string): readonly Block[] {
  const [, after = ''] = page.split(`\n## ${section}\n`);
  const [body = ''] = after.split(/\n## /);
  const seen = new Map<string, number>();
  return body.split(/^(?=### )/m).flatMap((part) => {
    const heading = /^### (.*)$/m.exec(part)?.[1] ?? section;
    return [...part.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text]) => {
      const count = (seen.get(heading) ?? 0) + 1;
      seen.set(heading, count);
      return { under: count === 1 ? heading : `${heading} (${count})`, text: text as string };
    });
  });
}

/** The text with a diff of its lines carried out. @throws when the diff speaks of other lines. */
export function patched(text: string, diff: string): string {
  const without = (sign: string) => diff.replace(new RegExp(`^\\${sign}.*\n`, 'gm'), '').replace(/^[ +-]/gm, '');
  const parts = text.split(without('+'));
  if (parts.length !== 2) throw new Error(`the diff is of something else:\n${without('+')}`);
  return parts.join(without('-'));
}
