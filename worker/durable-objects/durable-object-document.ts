/** The SharedDocument port on Workers, kept by the one control object. */
import type { DocumentName, SharedDocument } from '../../shared/document/document.ts';
import { controlObjectName } from './object-names.ts';
import type { ObjectBindings } from './session-object.ts';

export function createDurableObjectDocument(
  { CONTROL_OBJECTS }: Pick<ObjectBindings, 'CONTROL_OBJECTS'>,
  name: DocumentName,
): SharedDocument {
  // A new stub for each call: a stub that has failed once stays broken.
  const object = () => CONTROL_OBJECTS.getByName(controlObjectName);
  return {
    read: async () => await object().readDocument(name),
    write: async (text, onRevision) => await object().writeDocument(name, text, onRevision),
  };
}
