/** Which attributes go with which way of affinity, and whether browsers would accept its cookie. */
import type { Draft, DraftPool } from '../draft.ts';
import { durationMs } from '../durations.ts';
import { listed, type RawIssue } from '../issues.ts';
import {
  type AffinityAttributes,
  affinityCookieOf,
  affinitySchema,
  attributesOf,
  givenName,
  wayOf,
} from '../schema/affinity.ts';
import { sessionSchema } from '../schema/session.ts';

const { entries: cookieEntries } = sessionSchema.entries.cookie.wrapped;

/** Headers with a meaning of their own, in HTTP or for the gateway. They cannot carry a pin. */
const taken =
  /^(?:host|cookie|set-cookie2?|authorization|connection|content-.*|date|transfer-encoding|upgrade|location|session-.*|x-forwarded-.*|forwarded|via|x-request-id)$/i;

export function checkAffinity(draft: Draft, pools: readonly (readonly [string, DraftPool])[]): RawIssue[] {
  const poolCount = Object.keys(draft.pools ?? {}).length;
  const takenBy = new Map([[draft.session?.cookie?.name ?? cookieEntries.name.default, 'the session cookie']]);
  return pools.flatMap(([pool, { affinity }]) => {
    if (draft.isBroken('pools', pool, 'affinity')) return [];
    const issues = affinity
      ? [...checkAttributes(pool, affinity), ...checkHeader(pool, affinity), ...checkDomain(draft, pool, affinity)]
      : [];
    const name = nameOf(pool, affinity, poolCount);
    if (name === null) return issues;
    const owner = takenBy.get(name.key);
    takenBy.set(name.key, owner ?? `${name.what} of pool ${pool}`);
    if (owner === undefined || (name.isShared && owner.startsWith(name.what))) return issues;
    return [
      ...issues,
      {
        keys: ['pools', pool, 'affinity', 'name'],
        value: name.text,
        message: `is the name of ${owner} too`,
        remedy: 'Give every cookie and every header a name of its own.',
      },
    ];
  });
}

/** The cookie or header that a pool's affinity uses. Several pools may share an application's own cookie. */
function nameOf(pool: string, affinity: AffinityAttributes | undefined, poolCount: number) {
  const cookie = affinityCookieOf(pool, affinity ?? {}, poolCount);
  if (cookie !== null) return { key: cookie, text: cookie, what: 'the affinity cookie', isShared: false };
  const text = affinity ? givenName(affinity) : null;
  if (affinity === undefined || text === null) return null;
  if (affinity.by === 'origin-cookie') return { key: text, text, what: "the application's cookie", isShared: true };
  if (wayOf(affinity) !== 'header pin') return null;
  return { key: `header ${text.toLowerCase()}`, text, what: 'the affinity header', isShared: false };
}

function checkHeader(pool: string, affinity: AffinityAttributes): RawIssue[] {
  const name = givenName(affinity);
  if (affinity.by !== 'header' || name === null) return [];
  if (wayOf(affinity) === 'header hash' || !taken.test(name)) return [];
  return [
    {
      keys: ['pools', pool, 'affinity', 'name'],
      value: affinity.name,
      message: 'is a header that has a meaning already',
      remedy: "Name one that is free, such as 'X-Affinity'.",
    },
  ];
}

function checkAttributes(pool: string, affinity: AffinityAttributes): RawIssue[] {
  const { by = 'cookie', ...attributes } = affinity;
  const keys = ['pools', pool, 'affinity'];
  const way = wayOf(affinity);
  const allowed: readonly string[] = attributesOf[way];
  const said = by === 'header' ? `by is 'header' and value '${way.slice('header '.length)}'` : `by is '${by}'`;
  const issues: RawIssue[] = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined || allowed.includes(key)
      ? []
      : [
          {
            keys: [...keys, key],
            value,
            message: `says nothing when ${said}`,
            remedy: `Take it away. What goes with it: ${allowed.length > 0 ? listed(allowed) : 'nothing'}.`,
          },
        ],
  );
  if ((affinity.by === 'header' || affinity.by === 'origin-cookie') && affinity.name === undefined) {
    issues.push({
      keys: [...keys, 'name'],
      message: 'is missing',
      remedy: by === 'header' ? "Name the header: name: 'X-Session-ID'." : "Name the cookie: name: 'JSESSIONID'.",
    });
  }
  return [...issues, ...checkTimes(keys, affinity)];
}

function checkTimes(keys: readonly string[], affinity: AffinityAttributes): RawIssue[] {
  if (affinity.idle === undefined) return [];
  const absolute = affinity.absolute ?? affinitySchema.entries.absolute.default;
  if (durationMs(affinity.idle) <= durationMs(absolute)) return [];
  return [
    {
      keys: [...keys, 'idle'],
      value: affinity.idle,
      message: 'lets a pin idle for longer than it may live',
      remedy: `Make it at most as long as affinity.absolute (${absolute}).`,
    },
  ];
}

const isHostPrefixed = (name: string): boolean => name.toLowerCase().startsWith('__host-');

/** RFC 6265, section 5.1.3, and RFC 6265bis, section 4.1.3.2: browsers would drop such a cookie without an error. */
function checkDomain(draft: Draft, pool: string, affinity: AffinityAttributes): RawIssue[] {
  if ((affinity.by ?? 'cookie') !== 'cookie' || affinity.domain === undefined) return [];
  const { domain } = affinity;
  const name = givenName(affinity) ?? undefined;
  const keys = ['pools', pool, 'affinity'];
  const issues: RawIssue[] = [];
  if (name === undefined || isHostPrefixed(name)) {
    issues.push({
      keys: [...keys, 'name'],
      value: name,
      message: name === undefined ? 'is missing beside domain' : 'begins with __Host-, which cannot have a domain',
      remedy: "Give the cookie another name: name: '__Secure-affinity'.",
    });
  }
  const outside = (draft.publicOrigins ?? []).find((origin) => {
    const { hostname } = new URL(origin ?? `https://${domain}`);
    return hostname !== domain && !hostname.endsWith(`.${domain}`);
  });
  if (outside !== undefined) {
    issues.push({
      keys: [...keys, 'domain'],
      value: domain,
      message: `does not cover the public origin ${outside}`,
      remedy: 'Write a domain that every public origin is in; browsers drop the cookie elsewhere.',
    });
  }
  return issues;
}
