/** The Control port on Workers: the one object for the whole deployment. */
import type { Control } from '../shared/routing/control.ts';
import type { ObjectBindings } from './bindings.ts';
import { controlObject } from './object-names.ts';

export function createDurableObjectControl({ CONTROL_OBJECTS }: Pick<ObjectBindings, 'CONTROL_OBJECTS'>): Control {
  // A stub is made for each call: one that has failed stays broken.
  return {
    read: async () => await CONTROL_OBJECTS.getByName(controlObject).readControl(),
    write: async (text, onRevision) => await CONTROL_OBJECTS.getByName(controlObject).writeControl(text, onRevision),
  };
}
