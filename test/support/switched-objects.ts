/**
 * The entry of the Worker with Durable Objects that can be made to fail. Objects run in the isolate of the Worker that
 * exports them, so its switch is a value of this module.
 */
import { ControlObject as RealControlObject } from '../../worker/durable-objects/control-object.ts';
import { SessionObject as RealSessionObject } from '../../worker/durable-objects/session-object.ts';
import worker from '../../worker/index.ts';

export default worker;

/**
 * - `fail`: objects throw. `hang`: they give no answer. `overloaded`: they have too much to do.
 * - `restart`: the next call fails before it is carried out. `restart-after`: it is carried out, and its answer is lost.
 * - `control-fails`: the control object throws, and the objects of sessions are well.
 */
export type ObjectsMode = 'well' | 'fail' | 'hang' | 'overloaded' | 'restart' | 'restart-after' | 'control-fails';

let mode: ObjectsMode = 'well';

/** As a promise without a timer would be found out by the runtime, and its request ended. */
const silenceMs = 60_000;
const restarted = () =>
  Object.assign(new Error('Durable Object reset because its code was updated.'), { retryable: true });

/** `true`: the answer of this call is to be lost. */
async function beforeCall(isControl: boolean): Promise<boolean> {
  if (mode === 'hang') await new Promise((resolve) => setTimeout(resolve, silenceMs));
  if (mode === 'fail' || (mode === 'control-fails' && isControl)) throw new Error('the object is out of order');
  if (mode === 'overloaded') {
    const problem = { retryable: true, overloaded: true };
    throw Object.assign(new Error('Durable Object is overloaded. Too many requests queued.'), problem);
  }
  if (isControl || (mode !== 'restart' && mode !== 'restart-after')) return false;
  const isLost = mode === 'restart-after';
  mode = 'well';
  if (!isLost) throw restarted();
  return true;
}

type Method = (this: object, ...given: unknown[]) => unknown;

/** Every method of the class, with the switch around it. */
function switched(prototype: object, real: object, isControl: boolean): void {
  for (const name of Object.getOwnPropertyNames(real)) {
    if (name === 'constructor' || name === 'alarm') continue;
    const method = Reflect.get(real, name) as Method;
    Object.defineProperty(prototype, name, {
      configurable: true,
      async value(this: object, ...given: unknown[]) {
        const isLost = await beforeCall(isControl);
        const answer = await method.apply(this, given);
        if (isLost) throw restarted();
        return answer;
      },
    });
  }
}

export class SessionObject extends RealSessionObject {}
export class ControlObject extends RealControlObject {}
switched(SessionObject.prototype, RealSessionObject.prototype, false);
switched(ControlObject.prototype, RealControlObject.prototype, true);

/** Reached on a socket of its own. */
export const switcher = {
  async fetch(request: Request): Promise<Response> {
    mode = (await request.text()) as ObjectsMode;
    return new Response(null);
  },
};
