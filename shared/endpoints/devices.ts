/** A person's own devices: the sessions of the signed-in subject, and how to end them. */
import { Failure } from '../errors.ts';
import { safeReturnTo } from '../http/return-to.ts';
import type { Ctx } from '../pipeline.ts';
import type { Session } from '../session/session.ts';
import type { Device } from '../session/strategy/directory.ts';
import { type EndpointParts, emptyReply, type Handler, jsonReply, redirectReply, timeOf } from './endpoint.ts';
import { requireSession } from './me.ts';
import { pageOf } from './paging.ts';

const publicDevice = (
  { id, label, createdAt, lastSeenAt }: Device,
  current: Session | null,
): Record<string, unknown> => ({
  id,
  label,
  created_at: timeOf(createdAt),
  last_seen_at: timeOf(current?.sessionId === id ? Math.max(lastSeenAt, current.lastSeenAt) : lastSeenAt),
  ...(current && { current: current.sessionId === id }),
});

export const listReply = (devices: readonly Device[], current: Session | null, after: string | null): Response => {
  const { items, next } = pageOf(devices, after);
  return jsonReply({ items: items.map((device) => publicDevice(device, current)), next });
};

/** The request's session, and all live sessions of its subject. */
export async function ownDevices(
  c: Ctx,
  parts: EndpointParts,
): Promise<{ session: Session; devices: readonly Device[] }> {
  const session = await requireSession(c, parts.settings, false);
  if (session.subject === null) throw new Failure('session_required', 'an anonymous session has no devices');
  if (!parts.strategy.devices) throw new Failure('not_supported', 'this strategy keeps nothing that could be listed');
  return { session, devices: await parts.strategy.devices(session.subject, c.env.client.now) };
}

export const listDevices: Handler = async (c, parts) => {
  const { session, devices } = await ownDevices(c, parts);
  return listReply(devices, session, c.req.query('after') ?? null);
};

export const readDevice: Handler = async (c, parts, { id }) => {
  const { session, devices } = await ownDevices(c, parts);
  const device = devices.find((each) => each.id === id);
  if (!device) throw new Failure('not_found', 'no live session of this subject has that id');
  return jsonReply(publicDevice(device, session));
};

/** Idempotent. Another subject's session is not found. */
export const endDevice: Handler = async (c, parts, { id }) => {
  const { session, devices } = await ownDevices(c, parts);
  if (id === session.sessionId) await c.env.session.end('current');
  else if (devices.some((device) => device.id === id))
    await parts.strategy.end(id as string, 'logout', c.env.client.now);
  else if (!(await wasOwn(parts, id as string, session, c.env.client.now))) {
    throw new Failure('not_found', 'no session of this subject has that id');
  }
  return emptyReply(204);
};

async function wasOwn({ strategy }: EndpointParts, id: string, { subject }: Session, now: number): Promise<boolean> {
  return subject !== null && strategy.belongedTo !== null && (await strategy.belongedTo(id, subject, now));
}

export const endOtherDevices: Handler = async (c, parts) => {
  if (c.req.query('others') !== '1')
    throw new Failure('bad_request', 'DELETE without others=1 would end this session too');
  await ownDevices(c, parts);
  await c.env.session.endOthers();
  return emptyReply(204);
};

/** The same for an HTML form, which can only send POST. */
export const endOtherDevicesForm: Handler = async (c, parts) => {
  await ownDevices(c, parts);
  await c.env.session.endOthers();
  const { publicOrigin } = c.env.client;
  return redirectReply(safeReturnTo(`${parts.settings.prefix}/`, parts.settings.publicOrigins, publicOrigin));
};
