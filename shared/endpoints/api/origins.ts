/** Origins for services: read them, and control them at run time. Changes persist across deployments. */
import type { Origin, Pool } from '../../config/settings.ts';
import { momentMs } from '../../config/urls.ts';
import { Failure } from '../../errors.ts';
import type { Ctx } from '../../pipeline.ts';
import { changed, type OriginPatch, rewrite } from '../../routing/control/change.ts';
import {
  type ControlDocument,
  controlledOrigin,
  controlOf,
  isShare,
  isState,
  isWeight,
  readDocument,
} from '../../routing/control/control.ts';
import { type EndpointParts, type Handler, jsonReply, timeOf } from '../endpoint.ts';
import { badRequest, readJson, requireScope } from './request.ts';

interface Named {
  readonly pool: Pool;
  /** As configured in the file. */
  readonly origin: Origin;
}

export const listOrigins: Handler = async (c, parts) => {
  await requireScope(c, parts, 'origins:read');
  const document = await documentNow(c, parts);
  const items = everyOrigin(parts).map((named) => describe(named, document));
  return jsonReply({ items, next: null });
};

export const readOrigin: Handler = async (c, parts, params) => {
  await requireScope(c, parts, 'origins:read');
  const named = find(parts, params);
  return reply(named, await documentNow(c, parts));
};

export const patchOrigin: Handler = async (c, parts, params) => {
  const service = await requireScope(c, parts, 'origins:write');
  const { control, view, logChange } = controlIn(parts);
  const named = find(parts, params);
  const { pool, origin } = named;
  const patch = readPatch((await readJson(c)).value);
  const wanted = c.req.header('if-match') ?? '*';
  const { now } = c.env.client;
  const document = await authority(() =>
    rewrite(control, (before) => {
      if (!matches(wanted, etagOf(named, before))) {
        throw new Failure('conflict', 'If-Match names another state of this origin');
      }
      const next = changed(before, pool.id, origin, patch, now);
      const is = controlledOrigin(origin, controlOf(next, pool.id, origin.id));
      if (typeof patch.drainBy === 'number' && is.state !== 'draining') {
        throw badRequest("drainBy says when a drain ends: set state to 'draining' too");
      }
      return Object.keys(patch).length === 0 ? null : next;
    }),
  );
  view.adopt(document, now);
  logChange({ service, pool: pool.id, origin: origin.id, ...patch }, now);
  return reply(named, document);
};

function controlIn({ control }: EndpointParts): NonNullable<EndpointParts['control']> {
  if (control) return control;
  throw new Failure('not_supported', 'no authority for the control document is bound', {
    members: {
      detail: 'origins are controlled through CONTROL_OBJECTS on Workers and SESSION_TABLE on Lambda: bind it first',
    },
  });
}

async function documentNow(c: Ctx, parts: EndpointParts): Promise<ControlDocument> {
  const { control, view } = controlIn(parts);
  const document = await authority(async () => readDocument(await control.read()));
  view.adopt(document, c.env.client.now);
  return document;
}

/** An outage of the authority is reported as one of the store. */
async function authority<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      'store_unavailable',
      error instanceof Error ? error.message : 'the control document is out of reach',
    );
  }
}

const everyOrigin = ({ settings }: EndpointParts): Named[] =>
  [...settings.pools.values()].flatMap((pool) => pool.origins.map((origin) => ({ pool, origin })));

/** `/origins/eu`, or `/origins/app/eu` if several pools have an origin of that id. */
function find(parts: EndpointParts, { id, pool: poolId }: Readonly<Record<string, string>>): Named {
  const found = everyOrigin(parts).filter(
    ({ pool, origin }) => origin.id === id && (poolId === undefined || pool.id === poolId),
  );
  const [named] = found;
  if (!named) throw new Failure('not_found', 'no origin of that id');
  if (found.length === 1) return named;
  const ways = found.map(({ pool }) => `/origins/${pool.id}/${id}`).join(', ');
  throw badRequest(`several pools have an origin of that id: ask for one of ${ways}`);
}

/** Changes when the API changes the origin, not when probes do. */
const etagOf = ({ pool, origin }: Named, document: ControlDocument): string =>
  `"${controlOf(document, pool.id, origin.id).changedIn ?? 0}"`;

/** RFC 9110, section 13.1.1: strong comparison, so a weak tag never matches. */
const matches = (wanted: string, etag: string): boolean =>
  wanted.trim() === '*' || wanted.split(',').some((tag) => tag.trim() === etag);

const reply = (named: Named, document: ControlDocument): Response =>
  jsonReply(describe(named, document), 200, { etag: etagOf(named, document) });

function describe({ pool, origin }: Named, document: ControlDocument) {
  const said = controlOf(document, pool.id, origin.id);
  const { state, weight, drainBy } = controlledOrigin(origin, said);
  return {
    id: origin.id,
    pool: pool.id,
    region: origin.region,
    state,
    weight,
    drainBy: drainBy === null ? null : timeOf(drainBy),
    shed: said.shed ?? 0,
    probed: said.probed?.down ? 'down' : 'up',
  };
}

const settable = {
  state: [isState, "'active', 'draining' or 'off'"],
  weight: [isWeight, 'a number from 0 to 1,000,000'],
  drainBy: [
    (value: unknown) => typeof value === 'string' && momentMs(value) !== null,
    'a moment, RFC 3339 with a zone',
  ],
  shed: [isShare, 'a number from 0 to 1'],
} as const satisfies Record<keyof OriginPatch, readonly [(value: unknown) => boolean, string]>;

function readPatch(value: Readonly<Record<string, unknown>>): OriginPatch {
  for (const [name, given] of Object.entries(value)) {
    if (!Object.hasOwn(settable, name))
      throw badRequest(`unknown member ${name}: state, weight, drainBy and shed can be set`);
    const [isFine, what] = settable[name as keyof OriginPatch];
    if (given !== null && !isFine(given))
      throw badRequest(`${name} must be ${what}, or null for what the configuration says`);
  }
  const { drainBy, ...patch } = value;
  return { ...patch, ...(drainBy !== undefined && { drainBy: drainBy === null ? null : momentMs(drainBy as string) }) };
}
