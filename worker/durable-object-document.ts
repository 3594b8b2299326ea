/** The SharedDocument port on Workers: the one object for the whole deployment. */
import type { DocumentName, SharedDocument } from '../shared/document/document.ts';
import type { ObjectBindings } from './bindings.ts';
import { controlObject } from './object-names.ts';

export function createDurableObjectDocument(
  { CONTROL_OBJECTS }: Pick<ObjectBindings, 'CONTROL_OBJECTS'>,
  name: DocumentName,
): SharedDocument {
  // A stub is made for each call: one that has failed stays broken.
  const object = () => CONTROL_OBJECTS.getByName(controlObject);
  return {
    read: async () => await object().readDocument(name),
    write: async (text, onRevision) => await object().writeDocument(name, text, onRevision),
  };
}
