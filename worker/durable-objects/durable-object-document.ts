/** The SharedDocument port on Workers, kept by the one control object. */
import type { DocumentName, SharedDocument } from '../../shared/document/document.ts';
import { noteEveryone } from './known-everyone.ts';
import { controlObjectName } from './object-names.ts';
import type { ObjectBindings } from './session-object.ts';

export function createDurableObjectDocument(
  { CONTROL_OBJECTS }: Pick<ObjectBindings, 'CONTROL_OBJECTS'>,
  name: DocumentName,
): SharedDocument {
  // A new stub for each call: a stub that has failed once stays broken.
  const object = () => CONTROL_OBJECTS.getByName(controlObjectName);
  return {
    async read() {
      const askedAt = Date.now();
      const { revision, text, everyoneNotBefore } = await object().readDocument(name);
      // An object of the version before, during a deployment, does not say.
      if (everyoneNotBefore !== undefined) noteEveryone({ notBefore: everyoneNotBefore, askedAt });
      return { revision, text };
    },
    write: async (text, onRevision) => await object().writeDocument(name, text, onRevision),
  };
}
