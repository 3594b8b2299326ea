import type { OriginNow } from '../../metrics/exposition.ts';
import type { Ctx } from '../../pipeline.ts';
import {
  type ControlDocument,
  controlledOrigin,
  controlOf,
  emptyDocument,
  readDocument,
} from '../../routing/control/control.ts';
import type { EndpointParts } from '../endpoint.ts';

/** All origins by file and control document. During an outage of the authority, as this process last knew them. */
export async function originsNow(c: Ctx, { settings, control }: EndpointParts): Promise<readonly OriginNow[]> {
  const document = control === null ? emptyDocument : await documentNow(c, control);
  return [...settings.pools.values()].flatMap((pool) =>
    pool.origins.map((origin) => {
      const said = controlOf(document, pool.id, origin.id);
      const { state, weight, region } = controlledOrigin(origin, said);
      const { shed = 0, probed } = said;
      return { pool: pool.id, origin: origin.id, region, state, weight, shed, isProbedDown: probed?.down === true };
    }),
  );
}

async function documentNow(c: Ctx, { control, view }: NonNullable<EndpointParts['control']>): Promise<ControlDocument> {
  try {
    return readDocument(await control.read());
  } catch {
    return (await view.current(c.env.client.now, c.env.arrival)).document;
  }
}
