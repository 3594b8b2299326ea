/** Objects that run and keep their data in one jurisdiction only. The same name is another object in each jurisdiction. */
import type { DurableObjectNamespace, Rpc } from '@cloudflare/workers-types';

export type Jurisdiction = 'eu' | 'fedramp' | 'us';

export function withinJurisdiction<T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  jurisdiction: string | undefined,
): DurableObjectNamespace<T> {
  if (jurisdiction === undefined) return namespace;
  try {
    return namespace.jurisdiction(jurisdiction as Jurisdiction);
  } catch (error) {
    // `npm start` and tests: the open-source runtime has one place, this machine.
    if (error instanceof Error && /not implemented in workerd/.test(error.message)) return namespace;
    throw error;
  }
}
