/** An origin that commands what a test asks it to: `POST /do` with the Session-* headers as JSON. */
import type { Client, Reply } from './client.ts';
import type { World } from './doors.ts';
import { encode } from './origin.ts';

export interface Commands {
  readonly update?: Readonly<Record<string, unknown>>;
  readonly rotate?: true;
  readonly end?: 'current' | 'others' | 'all';
  /** Of a `heldReply`: the origin answers when that is let go. */
  readonly held?: string;
}

/** A reply that an origin keeps back until a test has done what shall come before it. */
export interface HeldReply {
  readonly held: string;
  /** The request has arrived at the origin. */
  readonly arrived: Promise<void>;
  letGo(): void;
}

const heldReplies = new Map<string, { readonly arrive: () => void; readonly gone: Promise<void> }>();

export function heldReply(): HeldReply {
  const held = crypto.randomUUID();
  let letGo = (): void => {};
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const arrived = new Promise<void>((arrive) => {
    heldReplies.set(held, { arrive, gone });
  });
  return { held, arrived, letGo };
}

const path = '/do';

export function commandable(world: Pick<World, 'origins' | 'originToken'>): void {
  for (const origin of Object.values(world.origins)) {
    origin.on(path, async ({ body, headers }, response) => {
      const { update, rotate, end, held = '' } = JSON.parse(body.toString() || '{}') as Commands;
      response.setHeader('session-origin-token', world.originToken);
      if (update) response.setHeader('session-update', encode(update));
      if (rotate) response.setHeader('session-rotate', '?1');
      if (end) response.setHeader('session-end', end);
      response.setHeader('content-type', 'application/json');
      heldReplies.get(held)?.arrive();
      await heldReplies.get(held)?.gone;
      response.end(JSON.stringify({ headers }));
    });
  }
}

export const command = (client: Client, commands: Commands): Promise<Reply> =>
  client.ask(path, { method: 'POST', json: commands });

export async function signedIn(world: Pick<World, 'client'>, user = 'ada'): Promise<Client> {
  const client = world.client();
  const reply = await client.ask('/login', { form: { user } });
  if (reply.status !== 303) throw new Error(`no login: ${reply.status} ${reply.text()}`);
  return client;
}

/** Another browser with a copy of the same cookies. */
export function copyOf(world: Pick<World, 'client'>, client: Client): Client {
  const copy = world.client();
  for (const [name, value] of client.jar) copy.jar.set(name, value);
  copy.clockSeconds = client.clockSeconds;
  copy.ip = client.ip;
  return copy;
}

export const sessionIn = (client: Client): string => client.jar.get('__Host-session') as string;
/** The credential itself, without the copy of the session beside it. */
export const secretIn = (client: Client): string => sessionIn(client).split('.')[2] as string;

/** What the gateway told of its sessions, oldest first. */
export const eventsOf = (world: Pick<World, 'lines'>, event: string): Record<string, unknown>[] =>
  world.lines.flatMap((line) => {
    const start = line.indexOf('{');
    if (start < 0 || !line.includes(`"${event}"`)) return [];
    try {
      const told = JSON.parse(line.slice(start)) as Record<string, unknown>;
      return told.event === event ? [told] : [];
    } catch {
      return [];
    }
  });

/** Lines arrive a moment after the reply. */
export async function told(world: Pick<World, 'lines'>, event: string, least = 1): Promise<Record<string, unknown>[]> {
  for (let round = 0; round < 60 && eventsOf(world, event).length < least; round++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return eventsOf(world, event);
}
