/** The metrics for Prometheus. `docs/observability.md` and the HELP lines explain the series. */
import { Failure } from '../../errors.ts';
import { contentType, expose } from '../../metrics/exposition.ts';
import type { Total } from '../../metrics/flush.ts';
import type { Ctx } from '../../pipeline.ts';
import { version } from '../../version.ts';
import type { EndpointParts, Handler } from '../endpoint.ts';
import { admitOperator } from './operator.ts';
import { originsNow } from './origins-now.ts';

export const metrics: Handler = async (c, parts) => {
  const instead = await admitOperator(c, parts);
  if (instead) return instead;
  const { door, revision } = parts.settings;
  const total = await totalNow(c, parts);
  const text = expose({ total, origins: await originsNow(c, parts), info: { version, door, revision } });
  return new Response(text, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } });
};

export async function totalNow(c: Ctx, { counting }: EndpointParts): Promise<Total> {
  try {
    return await counting.total(c.env.client.now);
  } catch (error) {
    throw new Failure('store_unavailable', error instanceof Error ? error.message : 'the counts are out of reach');
  }
}
