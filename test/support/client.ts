/** A browser's manners without a browser: keeps cookies, follows nothing, pretends to be where and when a test says. */
import { request } from 'undici';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly setCookies: readonly string[];
  readonly body: Buffer;
  text(): string;
  json(): Record<string, unknown>;
  header(name: string): string | null;
  /** Our own explanation of the request: `origin`, `because`, `session` and the rest. */
  explained(): Record<string, string>;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export interface Client {
  ask(path: string, asking?: Asking): Promise<Reply>;
  /** What the client holds; tests may take it, change it and put it back. */
  readonly jar: Map<string, string>;
  /** Seconds added to the gateway's clock, for every request from now on. */
  clockSeconds: number;
  ip: string | null;
  /** `latitude,longitude` */
  place: string | null;
}

export interface ClientOptions {
  /** Asks the gateway to explain every request. */
  readonly serviceToken?: string;
  readonly host?: string;
  /** Of another client, to be one and the same with it. */
  readonly jar?: Map<string, string>;
}

/** The head came, and its cookies were kept; the body broke off. */
export class BrokenReply extends Error {
  readonly status: number;
  constructor(status: number, cause: unknown) {
    super(`a reply with status ${status} broke off`, { cause });
    this.status = status;
  }
}

export function createClient(base: string, { serviceToken, host, jar = new Map() }: ClientOptions = {}): Client {
  const client: Client = { jar, clockSeconds: 0, ip: null, place: null, ask };

  async function ask(path: string, { method, headers = {}, body, form, json }: Asking = {}): Promise<Reply> {
    const sent = form ? new URLSearchParams(form).toString() : json !== undefined ? JSON.stringify(json) : body;
    const cookie = [...client.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await request(base + path, {
      method: (method ?? (sent === undefined ? 'GET' : 'POST')) as 'GET',
      headers: {
        ...(host && { host }),
        ...(cookie && { cookie }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(client.clockSeconds !== 0 && { 'dev-clock': String(client.clockSeconds) }),
        ...(client.ip && { 'dev-client-ip': client.ip }),
        ...(client.place && { 'dev-client-place': client.place }),
        ...(serviceToken && { 'session-explain': serviceToken }),
        ...headers,
      },
      ...(sent !== undefined && { body: sent }),
    });
    const setCookies = [answer.headers['set-cookie'] ?? []].flat();
    for (const line of setCookies) keep(client.jar, line);
    const bytes = Buffer.from(
      await answer.body.arrayBuffer().catch((error: unknown) => {
        throw new BrokenReply(answer.statusCode, error);
      }),
    );
    return {
      status: answer.statusCode,
      headers: answer.headers,
      setCookies,
      body: bytes,
      text: () => bytes.toString('utf8'),
      json: () => JSON.parse(bytes.toString('utf8')),
      header: (name) => [answer.headers[name.toLowerCase()] ?? []].flat().join(', ') || null,
      explained: () => dictionaryOf([answer.headers['session-explained'] ?? ''].flat()[0] ?? ''),
    };
  }

  return client;
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';');
  const name = pair.slice(0, pair.indexOf('=')).trim();
  const value = pair.slice(pair.indexOf('=') + 1).trim();
  if (value === '' || /;\s*max-age=0/i.test(line)) jar.delete(name);
  else jar.set(name, value);
}

const dictionaryOf = (text: string): Record<string, string> =>
  Object.fromEntries(text.split(',').map((member) => member.trim().split('=') as [string, string]));
