/** What goes with which kind of affinity, and whether browsers would keep its cookie. */
import { affinityCookieName, defaults } from '../defaults.ts';
import type { Draft, DraftPool } from '../draft.ts';
import { durationMs } from '../durations.ts';
import type { AffinityInput } from '../input.ts';
import { listed, type RawIssue } from '../issues.ts';

const ofOurPin = ['absolute', 'idle', 'onFailure', 'first', 'endsWithSession'];
/** Nobody but the application can write its value anew, so a pin behind it cannot be kept alive by use. */
const ofPinBehindValue = ['absolute', 'onFailure'];
/** Where the client's key decides there is no pin that could end. */
const ofKey = ['onFailure'];

/** What goes with each way; `header` is three of them. */
const goesWith: Readonly<Record<string, readonly string[]>> = {
  cookie: [...ofOurPin, 'name', 'domain', 'sameSite', 'partitioned', 'persistent'],
  'header pin': [...ofOurPin, 'name', 'value'],
  'header hash': [...ofKey, 'name', 'value'],
  'header wrap': [...ofPinBehindValue, 'name', 'value'],
  ip: [...ofKey, 'ipv4Prefix', 'ipv6Prefix'],
  'origin-cookie': [...ofPinBehindValue, 'name'],
  session: ofKey,
  off: [],
};
const wayOf = ({ by = 'cookie', ...more }: AffinityInput): string =>
  by === 'header' ? `header ${'value' in more ? (more.value ?? 'pin') : 'pin'}` : by;

/** Headers that messages cannot do without, or that say what only the gateway may say: none of them can carry a pin. */
const taken =
  /^(?:host|cookie|set-cookie2?|authorization|connection|content-.*|date|transfer-encoding|upgrade|location|session-.*|x-forwarded-.*|forwarded|via|x-request-id)$/i;

/** The name of a pool's affinity cookie, or `null` when it has none. */
export function affinityNameOf(pool: string, affinity: AffinityInput | undefined, poolCount: number): string | null {
  const attributes = affinity ?? {};
  if ((attributes.by ?? 'cookie') !== 'cookie') return null;
  return firstNameOf(attributes) ?? (poolCount > 1 ? `${affinityCookieName}-${pool}` : affinityCookieName);
}

/** The name that an affinity is given; of a list, which only `origin-cookie` has, the first. */
export function firstNameOf(affinity: AffinityInput): string | undefined {
  const name = 'name' in affinity ? affinity.name : undefined;
  return typeof name === 'string' || name === undefined ? name : name[0];
}

export function checkAffinity(draft: Draft, pools: readonly (readonly [string, DraftPool])[]): RawIssue[] {
  const poolCount = Object.keys(draft.pools ?? {}).length;
  const takenBy = new Map([[draft.session?.cookie?.name ?? defaults.session.cookie.name, 'the session cookie']]);
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

/** The name that a pool's affinity needs. Several pools may share an application's own cookie. */
function nameOf(pool: string, affinity: AffinityInput | undefined, poolCount: number) {
  const cookie = affinityNameOf(pool, affinity, poolCount);
  if (cookie !== null) return { key: cookie, text: cookie, what: 'the affinity cookie', isShared: false };
  const text = affinity && firstNameOf(affinity);
  if (affinity === undefined || text === undefined) return null;
  if (affinity.by === 'origin-cookie') return { key: text, text, what: "the application's cookie", isShared: true };
  if (wayOf(affinity) !== 'header pin') return null;
  return { key: `header ${text.toLowerCase()}`, text, what: 'the affinity header', isShared: false };
}

function checkHeader(pool: string, affinity: AffinityInput): RawIssue[] {
  if (affinity.by !== 'header' || affinity.name === undefined) return [];
  if (wayOf(affinity) === 'header hash' || !taken.test(affinity.name)) return [];
  return [
    {
      keys: ['pools', pool, 'affinity', 'name'],
      value: affinity.name,
      message: 'is a header that has a meaning already',
      remedy: "Name one that is free, such as 'X-Affinity'.",
    },
  ];
}

function checkAttributes(pool: string, affinity: AffinityInput): RawIssue[] {
  const { by = 'cookie', ...attributes } = affinity;
  const keys = ['pools', pool, 'affinity'];
  const way = wayOf(affinity);
  const allowed = goesWith[way] as readonly string[];
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

function checkTimes(keys: readonly string[], affinity: AffinityInput): RawIssue[] {
  if (!('idle' in affinity) || affinity.idle === undefined) return [];
  const absolute = affinity.absolute ?? defaults.pool.affinity.absolute;
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

/** RFC 6265, section 5.1.3, and RFC 6265bis, section 4.1.3.2: what a browser would drop in silence is refused here. */
function checkDomain(draft: Draft, pool: string, affinity: AffinityInput): RawIssue[] {
  if ((affinity.by ?? 'cookie') !== 'cookie' || !('domain' in affinity) || affinity.domain === undefined) return [];
  const { domain, name } = affinity;
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
