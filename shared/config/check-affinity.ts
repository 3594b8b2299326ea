/** What goes with which kind of affinity, and whether browsers would keep its cookie. */
import { affinityCookieName, defaults } from './defaults.ts';
import type { Draft, DraftPool } from './draft.ts';
import { durationMs } from './durations.ts';
import type { AffinityInput } from './input.ts';
import { type Finding, listed } from './problems.ts';

type Kind = NonNullable<AffinityInput['by']>;
const ofEveryPin = ['absolute', 'idle', 'onFailure'];
const goesWith: Readonly<Record<Kind, readonly string[]>> = {
  cookie: [...ofEveryPin, 'name', 'domain', 'sameSite', 'partitioned', 'persistent'],
  header: [...ofEveryPin, 'name', 'value'],
  ip: [...ofEveryPin, 'ipv4Prefix', 'ipv6Prefix'],
  'origin-cookie': [...ofEveryPin, 'name'],
  session: ofEveryPin,
  off: [],
};

/** The name of a pool's affinity cookie, or `null` when it has none. */
export function affinityNameOf(pool: string, affinity: AffinityInput | undefined, poolCount: number): string | null {
  const attributes = affinity ?? {};
  if ((attributes.by ?? 'cookie') !== 'cookie') return null;
  const given = 'name' in attributes ? attributes.name : undefined;
  return given ?? (poolCount > 1 ? `${affinityCookieName}-${pool}` : affinityCookieName);
}

export function checkAffinity(draft: Draft, pools: readonly (readonly [string, DraftPool])[]): Finding[] {
  const poolCount = Object.keys(draft.pools ?? {}).length;
  const takenBy = new Map([[draft.session?.cookie?.name ?? defaults.session.cookie.name, 'the session cookie']]);
  return pools.flatMap(([pool, { affinity }]) => {
    if (draft.isBroken('pools', pool, 'affinity')) return [];
    const findings = affinity ? [...checkAttributes(pool, affinity), ...checkDomain(draft, pool, affinity)] : [];
    const name = affinityNameOf(pool, affinity, poolCount);
    if (name === null) return findings;
    const owner = takenBy.get(name);
    takenBy.set(name, owner ?? `the affinity cookie of pool ${pool}`);
    if (owner === undefined) return findings;
    return [
      ...findings,
      {
        keys: ['pools', pool, 'affinity', 'name'],
        value: name,
        message: `is the name of ${owner} too`,
        remedy: 'Give every cookie a name of its own.',
      },
    ];
  });
}

function checkAttributes(pool: string, affinity: AffinityInput): Finding[] {
  const { by = 'cookie', ...attributes } = affinity;
  const keys = ['pools', pool, 'affinity'];
  const allowed = goesWith[by];
  const findings: Finding[] = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined || allowed.includes(key)
      ? []
      : [
          {
            keys: [...keys, key],
            value,
            message: `says nothing when by is '${by}'`,
            remedy: `Take it away. What goes with '${by}': ${allowed.length > 0 ? listed(allowed) : 'nothing'}.`,
          },
        ],
  );
  if ((affinity.by === 'header' || affinity.by === 'origin-cookie') && affinity.name === undefined) {
    findings.push({
      keys: [...keys, 'name'],
      message: 'is missing',
      remedy: by === 'header' ? "Name the header: name: 'X-Session-ID'." : "Name the cookie: name: 'JSESSIONID'.",
    });
  }
  return [...findings, ...checkTimes(keys, affinity)];
}

function checkTimes(keys: readonly string[], affinity: AffinityInput): Finding[] {
  if (affinity.by === 'off' || affinity.idle === undefined) return [];
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
function checkDomain(draft: Draft, pool: string, affinity: AffinityInput): Finding[] {
  if ((affinity.by ?? 'cookie') !== 'cookie' || !('domain' in affinity) || affinity.domain === undefined) return [];
  const { domain, name } = affinity;
  const keys = ['pools', pool, 'affinity'];
  const findings: Finding[] = [];
  if (name === undefined || isHostPrefixed(name)) {
    findings.push({
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
    findings.push({
      keys: [...keys, 'domain'],
      value: domain,
      message: `does not cover the public origin ${outside}`,
      remedy: 'Write a domain that every public origin is in; browsers drop the cookie elsewhere.',
    });
  }
  return findings;
}
