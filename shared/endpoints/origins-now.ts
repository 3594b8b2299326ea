import type { OriginNow } from '../observe/exposition.ts';
import { controlledOrigin, controlOf, emptyDocument, readDocument } from '../routing/control.ts';
import type { EndpointParts } from './endpoint.ts';

/** Every origin as file and control document have it. An authority that is out of order says nothing. */
export async function originsNow({ settings, control }: EndpointParts): Promise<readonly OriginNow[]> {
  const kept = await control?.control.read().catch(() => null);
  const document = kept ? readDocument(kept) : emptyDocument;
  return [...settings.pools.values()].flatMap((pool) =>
    pool.origins.map((origin) => {
      const said = controlOf(document, pool.id, origin.id);
      const { state, weight, region } = controlledOrigin(origin, said);
      const { shed = 0, probed } = said;
      return { pool: pool.id, origin: origin.id, region, state, weight, shed, isProbedDown: probed?.down === true };
    }),
  );
}
