/** Sessions for services: begin, read, change and end them. */
import { Failure } from '../../errors.ts';
import { isJsonObject } from '../../http/json.ts';
import { readReturnTo } from '../../http/return-to.ts';
import type { Ctx } from '../../pipeline.ts';
import { isShallow, parseIdentity } from '../../session/identity.ts';
import { noFingerprint } from '../../session/request/fingerprint.ts';
import { isSessionId } from '../../session/stored/cookie/handle.ts';
import type { SessionRecords } from '../../session/strategy/directory.ts';
import { listReply } from '../devices.ts';
import { type EndpointParts, emptyReply, type Handler, jsonReply, timeOf } from '../endpoint.ts';
import { sealHandoff } from '../handoff.ts';
import { describe } from '../me.ts';
import { answerOnce } from './idempotency.ts';
import { badRequest, readJson, requireScope } from './request.ts';

const own = new Set(['return_to', 'bind', 'deliver']);
const idempotencyKey = /^[\u0021-\u007e]{1,200}$/;

export const createSession: Handler = async (c, parts) => {
  const service = await requireScope(c, parts, 'sessions:create');
  const { text, value } = await readJson(c);
  const key = c.req.header('idempotency-key') ?? null;
  if (key !== null && !idempotencyKey.test(key))
    throw badRequest('Idempotency-Key must be 1 to 200 visible ASCII characters');

  if (key === null) return jsonReply((await begin(c, parts, value)).reply, 201);

  const { now } = c.env.client;
  const reply = await answerOnce(
    parts,
    { service, key, body: text, now },
    () => begin(c, parts, value),
    (id) => parts.strategy.end(id, 'superseded', now),
  );
  return jsonReply(reply, 201);
};

async function begin(c: Ctx, { settings, strategy, sealer }: EndpointParts, body: Readonly<Record<string, unknown>>) {
  const { now } = c.env.client;
  const parsed = parseIdentity(Object.fromEntries(Object.entries(body).filter(([name]) => !own.has(name))));
  if (parsed.kind === 'bad') throw badRequest(parsed.because);
  const { return_to: returnTo = null, bind = null, deliver = 'handoff' } = body;
  if (deliver !== 'handoff' && deliver !== 'bearer') throw badRequest('deliver must be "handoff" or "bearer"');
  if (bind !== null && !(typeof bind === 'string' && /^[A-Za-z0-9_-]{43}$/.test(bind))) {
    throw badRequest('bind must be a SHA-256, base64url without padding');
  }
  const home = settings.publicOrigins[0] as (typeof settings.publicOrigins)[number];
  // A person's bad return_to is replaced. A service gets an error, because it is a mistake in its code.
  if (
    returnTo !== null &&
    (typeof returnTo !== 'string' || readReturnTo(returnTo, settings.publicOrigins, home) === null)
  ) {
    throw badRequest('return_to must be a path or a URL of one of the public origins');
  }
  if (deliver === 'bearer' && (returnTo !== null || bind !== null)) {
    throw badRequest('return_to and bind are for browsers: with deliver "bearer" there is nowhere to go');
  }

  const device = parsed.identity.label ?? 'Unknown client';
  const begun = await strategy.begin({ identity: parsed.identity, now, client: noFingerprint, device, from: null });
  if (begun.kind === 'full') throw new Failure('session_limit', 'the subject has as many sessions as it may have');
  if (begun.kind === 'too-large') {
    throw new Failure('body_too_large', 'identity does not fit', {
      members: { detail: 'claims (and for token sessions data) must fit into a cookie; data into 64 kB' },
    });
  }
  const { session, value } = begun;
  const reply: Record<string, string> = { id: session.sessionId };
  if (deliver === 'bearer') reply.credential = value;
  else {
    const code = await sealHandoff(sealer, { value, subject: session.subject as string, returnTo, bind }, now);
    reply.handoff_url = `${home.origin}${settings.prefix}/handoff?code=${code}`;
  }
  reply.expires_at = timeOf(session.endsAt);
  reply.idle_expires_at = timeOf(session.idleEndsAt);
  return { id: session.sessionId, reply };
}

export const readSession: Handler = async (c, parts, { id }) => {
  await requireScope(c, parts, 'sessions:read');
  const found = await recordsOf(parts).find(id as string, c.env.client.now);
  if (!found) throw new Failure('not_found', 'no live session of that id');
  return jsonReply({ ...describe(found.session), data: found.data, label: found.label });
};

export const patchSession: Handler = async (c, parts, { id }) => {
  await requireScope(c, parts, 'sessions:write');
  const { value } = await readJson(c);
  const { data, if_version: ifVersion = null, ...rest } = value;
  if (Object.keys(rest).length > 0) throw badRequest(`unknown member ${Object.keys(rest)[0]}`);
  if (!isJsonObject(data) || !isShallow(data)) throw badRequest('data must be an object, nested 16 deep at most');
  if (ifVersion !== null && !Number.isSafeInteger(ifVersion)) throw badRequest('if_version must be a whole number');
  const { now } = c.env.client;
  const changed = await recordsOf(parts).patch(id as string, data, ifVersion as number | null, now);
  if (changed.kind === 'ended') throw new Failure('not_found', 'no live session of that id');
  if (changed.kind === 'conflict') throw new Failure('conflict', 'the session has another version');
  if (changed.kind === 'too-large') throw new Failure('body_too_large', 'session data over the bound');
  return jsonReply(describe(changed.session));
};

/** Idempotent: no error for a session that is ended or never existed. */
export const endSession: Handler = async (c, parts, { id }) => {
  await requireScope(c, parts, 'sessions:end');
  await endById(parts, id as string, c.env.client.now);
  return emptyReply(204);
};

/** A text that cannot be a session id is ignored: it must not become a store's key. */
export async function endById(parts: EndpointParts, id: string, now: number): Promise<void> {
  recordsOf(parts);
  if (isSessionId(id)) await parts.strategy.end(id, 'service', now);
}

/** The subject's live sessions, newest first. */
export const listSubject: Handler = async (c, parts, { sub }) => {
  await requireScope(c, parts, 'sessions:read');
  if (!parts.strategy.devices) throw notSupported();
  const devices = await parts.strategy.devices(sub as string, c.env.client.now);
  return listReply(devices, null, c.req.query('after') ?? null);
};

export const endSubject: Handler = async (c, parts, { sub }) => {
  await requireScope(c, parts, 'sessions:end');
  await endEverywhere(parts, sub as string, c.env.client.now);
  return emptyReply(204);
};

export async function endEverywhere({ strategy }: EndpointParts, subject: string, now: number): Promise<void> {
  if (!strategy.endSubject) throw notSupported();
  await strategy.endSubject(subject, now);
}

export function recordsOf({ strategy }: EndpointParts): SessionRecords {
  if (!strategy.records) throw notSupported();
  return strategy.records;
}

export const notSupported = (): Failure =>
  new Failure('not_supported', 'token sessions without a store cannot be looked up or ended from outside', {
    members: { detail: 'token sessions live in the client alone: use the stored strategy to look them up or end them' },
  });
