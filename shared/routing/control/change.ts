/** Changes of the control document: the pure part, and how it is written. */
import type { Origin } from '../../config/settings.ts';
import { rewriteText } from '../../document/document.ts';
import {
  type Control,
  type ControlDocument,
  controlKey,
  controlledOrigin,
  controlOf,
  emptyDocument,
  type OriginControl,
  readDocument,
  writeDocument,
} from './control.ts';

/** Left out: stays as it is. `null`: as in the configuration file. */
export interface OriginPatch {
  readonly state?: Origin['state'] | null;
  readonly weight?: number | null;
  readonly drainBy?: number | null;
  readonly shed?: number | null;
}

/** `origin`: as in the configuration file. An origin that takes clients again has its slow start from `now`. */
export function changed(
  document: ControlDocument,
  pool: string,
  origin: Origin,
  patch: OriginPatch,
  now: number,
): ControlDocument {
  const before = controlOf(document, pool, origin.id);
  const merged: Record<string, unknown> = { ...before, changedIn: document.revision + 1 };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else if (value !== undefined) merged[name] = value;
  }
  const next = merged as OriginControl;
  const [was, is] = [controlledOrigin(origin, before), controlledOrigin(origin, next)];
  // Otherwise the end of this drain would also end the next one.
  if (is.state !== 'draining') delete merged.drainBy;
  if (!takesClients(was) && takesClients(is)) merged.backSince = now;
  return withEntry(document, pool, origin.id, merged as OriginControl);
}

const takesClients = ({ state, weight }: Origin): boolean => state === 'active' && weight > 0;

export const withEntry = (
  document: ControlDocument,
  pool: string,
  origin: string,
  entry: OriginControl,
): ControlDocument => ({ ...document, origins: { ...document.origins, [controlKey(pool, origin)]: entry } });

/** Reads the document and writes what `decide` makes of it; again if another writer was faster. `null`: no change. */
export async function rewrite(
  control: Control,
  decide: (document: ControlDocument) => ControlDocument | null,
): Promise<ControlDocument> {
  let { origins } = emptyDocument;
  const revision = await rewriteText(control, (kept) => {
    const document = readDocument(kept);
    const next = decide(document);
    ({ origins } = next ?? document);
    return next && writeDocument(next);
  });
  return { revision, origins };
}
