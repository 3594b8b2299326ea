/** Counts the calls of a Worker's bindings. Each one is a round trip to another machine. */
import type { KVNamespace } from '@cloudflare/workers-types';
import type { ObjectBindings } from '../../worker/durable-objects/session-object.ts';
import type { Counter, Purpose } from './count.ts';

export function countKv(namespace: KVNamespace, counter: Counter): KVNamespace {
  return new Proxy(namespace, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        counter.note('session', name === 'put' || name === 'delete' ? 'write' : 'read');
        return Reflect.apply(method, target, args);
      };
    },
  });
}

export const countObjects = (bindings: ObjectBindings, counter: Counter): ObjectBindings =>
  Object.fromEntries(
    Object.entries(bindings).map(([binding, namespace]) => [binding, countNamespace(namespace as object, counter)]),
  ) as unknown as ObjectBindings;

const countNamespace = (namespace: object, counter: Counter): object =>
  new Proxy(namespace, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        const answer: unknown = Reflect.apply(method, target, args);
        return name === 'getByName' || name === 'get' ? countStub(answer as object, counter) : answer;
      };
    },
  });

/** A stub of an object has every name, so the call is counted when it is made. */
const countStub = (stub: object, counter: Counter): object =>
  new Proxy(stub, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      if (typeof name !== 'string' || name === 'then') return method;
      return (...args: unknown[]) => {
        const isRead = /^(load|read|list|find|everyone)/.test(name);
        counter.note(purposeOf(name, args), isRead ? 'read' : 'write');
        return (target as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);
      };
    },
  });

const purposeOf = (name: string, [document]: readonly unknown[]): Purpose =>
  /Document$/.test(name) ? (document === 'counts' ? 'counts' : 'control') : 'session';
