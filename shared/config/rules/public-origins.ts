/** Whether the public origins are distinct, and whether development headers are allowed on them. */
import type { Draft } from '../draft.ts';
import type { RawIssue } from '../issues.ts';
import { isLoopbackHost } from '../urls.ts';

export function checkPublicOrigins({ publicOrigins = [] }: Draft, devHeaders: string | undefined): RawIssue[] {
  const issues: RawIssue[] = [];
  const seen = new Map<string, number>();
  for (const [i, text] of publicOrigins.entries()) {
    if (text === undefined) continue;
    const { origin } = new URL(text);
    const first = seen.get(origin);
    if (first !== undefined) {
      issues.push({
        keys: ['publicOrigins', i],
        value: text,
        message: `is the same as publicOrigins[${first}]`,
        remedy: 'Take one of them away.',
      });
    }
    seen.set(origin, first ?? i);
  }
  return [...issues, ...checkDevHeaders([...seen.keys()], devHeaders)];
}

function checkDevHeaders(origins: readonly string[], devHeaders: string | undefined): RawIssue[] {
  if (devHeaders === undefined || devHeaders === '' || devHeaders === '0') return [];
  if (devHeaders !== '1') {
    return [
      { keys: ['DEV_HEADERS'], message: 'is neither 0 nor 1', remedy: 'Set it to 1 for development, or take it away.' },
    ];
  }
  const open = origins.find((origin) => !isLoopbackHost(new URL(origin).hostname));
  if (open === undefined) return [];
  return [
    {
      keys: ['DEV_HEADERS'],
      value: open,
      message: 'is on, and a public origin is not a loopback address',
      remedy:
        'Take DEV_HEADERS away: with it, any client could choose its own address and clock. It is for localhost alone.',
    },
  ];
}
