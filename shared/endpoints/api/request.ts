/** For all calls of the service API: the caller's scopes, and a JSON body of limited size. */
import { bearerOf } from '../../client/service-token.ts';
import type { Scope } from '../../config/settings.ts';
import { Failure } from '../../errors.ts';
import { readText } from '../../http/body.ts';
import { type JsonObject, readJsonObject } from '../../http/json.ts';
import type { Ctx } from '../../pipeline.ts';
import type { EndpointParts } from '../endpoint.ts';

const mostBodyBytes = 128 * 1024;
const retryAfterSeconds = 60;

/** The id of the calling service. Throws 401 without a valid credential, 403 without the scope, 429 after too many attempts. */
export async function requireScope(c: Ctx, { serviceTokens }: EndpointParts, scope: Scope): Promise<string> {
  const { address, now } = c.env.client;
  const verdict = await serviceTokens.verify(bearerOf(c.req.header('authorization') ?? null), address, now);
  if (verdict.kind === 'limited') {
    throw new Failure('rate_limited', 'too many bad service credentials from this network', {
      headers: { 'retry-after': String(retryAfterSeconds) },
    });
  }
  if (verdict.kind === 'unknown') {
    throw new Failure('unauthorized', 'no valid service credential', { headers: { 'www-authenticate': 'Bearer' } });
  }
  if (!verdict.scopes.includes(scope)) throw new Failure('forbidden', `service ${verdict.id} lacks scope ${scope}`);
  return verdict.id;
}

export interface JsonBody {
  readonly text: string;
  readonly value: JsonObject;
}

export async function readJson(c: Ctx): Promise<JsonBody> {
  const read = await readText(c.env.arrival.body, mostBodyBytes);
  if (read.kind === 'too-large') throw new Failure('body_too_large', 'API body over the bound');
  if (read.kind === 'not-text') throw badRequest('the body must be UTF-8');
  const value = readJsonObject(read.text);
  if (value === null) throw badRequest('the body must be a JSON object that names each member once');
  return { text: read.text, value };
}

/** `detail` tells the calling service what to correct. */
export const badRequest = (detail: string): Failure => new Failure('bad_request', detail, { members: { detail } });
