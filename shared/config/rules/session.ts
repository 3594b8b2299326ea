/** How the settings of the session depend on one another, and what its stores can promise. */
import type { Door } from '../../platform.ts';
import type { Draft } from '../draft.ts';
import { type Duration, durationMs, formatDuration } from '../durations.ts';
import type { SessionInput } from '../input.ts';
import type { Key, RawIssue } from '../issues.ts';
import { type Stores, sessionSchema, storesOf } from '../schema/session.ts';
import { isReachable, type StoreKind, traitsOf } from '../stores.ts';

const { idle: defaultIdle, absolute: defaultAbsolute } = sessionSchema.entries;

export function checkSession(draft: Draft, door: Door): RawIssue[] {
  const session = draft.session ?? {};
  const ofItself = [...checkTimes(draft, session), ...checkAnonymous(session)];
  if (draft.isBroken('session', 'strategy') || draft.isBroken('session', 'store')) return ofItself;
  const stores = storesOf(session);
  return [
    ...ofItself,
    ...checkReach(session, door),
    ...checkJurisdiction(session, stores),
    ...checkTokens(session),
    ...(stores.worker === null && stores.lambda === null
      ? checkWithoutStore(draft, session)
      : [...checkPromises(draft, stores), ...checkLimit(session, stores)]),
  ];
}

function checkTimes(draft: Draft, { idle, absolute }: SessionInput): RawIssue[] {
  if (draft.isBroken('session', 'idle') || draft.isBroken('session', 'absolute')) return [];
  const longest = absolute ?? defaultAbsolute.default;
  if (durationMs(idle ?? defaultIdle.default) <= durationMs(longest)) return [];
  return [
    {
      keys: ['session', idle === undefined ? 'absolute' : 'idle'],
      value: idle ?? absolute,
      message: 'lets a session idle for longer than it may live',
      remedy: `Make session.idle (${idle ?? defaultIdle.default}) at most as long as session.absolute (${longest}).`,
    },
  ];
}

/** Most new visitors follow a link from another site, and browsers do not send a strict cookie with such a request. */
const checkAnonymous = ({ anonymous, cookie }: SessionInput): RawIssue[] =>
  anonymous !== true || cookie?.sameSite !== 'Strict'
    ? []
    : [
        {
          keys: ['session', 'cookie', 'sameSite'],
          value: cookie.sameSite,
          message:
            'cannot go with anonymous: true: browsers keep the cookie back where a link of another site leads here, and a new session would take the place of the one in it',
          remedy: "Use sameSite: 'Lax', or take anonymous away.",
        },
      ];

/** A single store has to suit the running platform. A store named for a platform has to suit that platform everywhere. */
function checkReach({ store }: SessionInput, door: Door): RawIssue[] {
  if (store === undefined) return [];
  const asked: readonly (readonly [Door, StoreKind | undefined, readonly Key[]])[] =
    typeof store === 'string'
      ? [[door, store, ['session', 'store']]]
      : (['worker', 'lambda'] as const).map((each) => [each, store[each], ['session', 'store', each]] as const);
  return asked.flatMap(([at, kind, keys]) =>
    kind === undefined || isReachable(kind, at)
      ? []
      : [
          {
            keys,
            value: kind,
            message: `cannot be reached from ${at === 'worker' ? 'a Worker' : 'a Lambda'}`,
            remedy: `Use ${at === 'worker' ? "'kv'" : "'dynamodb'"} there: store: { worker: 'kv', lambda: 'dynamodb' }.`,
          },
        ],
  );
}

const checkJurisdiction = ({ jurisdiction }: SessionInput, stores: Stores): RawIssue[] =>
  jurisdiction === undefined || stores.worker === 'durable-object'
    ? []
    : [
        {
          keys: ['session', 'jurisdiction'],
          value: jurisdiction,
          message: 'is for the store durable-object: no other one can be told where to keep its data',
          remedy: "Use store: { worker: 'durable-object' }, or take it away.",
        },
      ];

/** Every freshness in the file, with its path. */
function freshnesses(draft: Draft): { keys: readonly Key[]; asked: Duration }[] {
  const own = draft.session?.freshness;
  const ofRoutes = (draft.routes ?? []).flatMap((route, i) =>
    route?.freshness === undefined ? [] : [{ keys: ['routes', i, 'freshness'], asked: route.freshness }],
  );
  return own === undefined ? ofRoutes : [{ keys: ['session', 'freshness'], asked: own }, ...ofRoutes];
}

function checkPromises(draft: Draft, stores: Stores): RawIssue[] {
  const weakest = [stores.worker, stores.lambda]
    .filter((kind) => kind !== null)
    .reduce((a, b) => (traitsOf(b).minFreshnessMs > traitsOf(a).minFreshnessMs ? b : a));
  const minMs = traitsOf(weakest).minFreshnessMs;
  return freshnesses(draft).flatMap(({ keys, asked }) =>
    durationMs(asked) >= minMs
      ? []
      : [
          {
            keys,
            value: asked,
            message: `is a promise that the store '${weakest}' cannot keep`,
            remedy: `Ask for '${formatDuration(minMs)}' or more, or use a store that can be asked at once for every door.`,
          },
        ],
  );
}

function checkLimit({ limit }: SessionInput, stores: Stores): RawIssue[] {
  const asked = limit?.perSubject;
  if (asked === undefined) return [];
  const kinds = [...new Set([stores.worker, stores.lambda])].filter((kind) => kind !== null);
  return kinds.flatMap((kind) => {
    const { sessions, because } = traitsOf(kind).maxPerSubject;
    if (asked <= sessions) return [];
    return [
      {
        keys: ['session', 'limit', 'perSubject'],
        value: asked,
        message: `is more than the store '${kind}' can keep for a subject: ${because}`,
        remedy: `Write at most ${sessions}, or use another store.`,
      },
    ];
  });
}

/** A token is its own secret and is replaced at every touch. It has no second secret to rotate. */
const checkTokens = ({ strategy, rotate }: SessionInput): RawIssue[] =>
  strategy !== 'token' || rotate === undefined
    ? []
    : [
        {
          keys: ['session', 'rotate'],
          message: 'is for stored sessions, and does nothing for tokens',
          remedy: "Take it away, or use strategy: 'stored'.",
        },
      ];

function checkWithoutStore(draft: Draft, { limit, whenStoreIsDown }: SessionInput): RawIssue[] {
  const message = 'needs a store, and a token without a store has none';
  const issues: RawIssue[] = freshnesses(draft).map(({ keys, asked }) => ({
    keys,
    value: asked,
    message,
    remedy: "Take it away: such a token is good until it expires. Or use strategy: 'stored'.",
  }));
  for (const [key, given] of Object.entries({ limit, whenStoreIsDown })) {
    if (given === undefined) continue;
    issues.push({ keys: ['session', key], message, remedy: "Take it away, or use strategy: 'stored'." });
  }
  return issues;
}
