/** A store that hangs is a store that is down: every call answers or throws within the deadline. */
import type { Store } from './store.ts';

/** Above the slowest healthy answer of any store (KV from afar: under a second), below a person's patience. */
const deadlineMs = 3_000;

export function withDeadline(store: Store, ms = deadlineMs): Store {
  const bounded =
    <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      let timer: ReturnType<typeof setTimeout>;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`the store did not answer ${name} within ${ms} ms`)), ms);
      });
      return Promise.race([call(...args), late]).finally(() => clearTimeout(timer));
    };
  return {
    create: bounded('create', (...args) => store.create(...args)),
    load: bounded('load', (...args) => store.load(...args)),
    touch: bounded('touch', (...args) => store.touch(...args)),
    save: bounded('save', (...args) => store.save(...args)),
    revoke: bounded('revoke', (...args) => store.revoke(...args)),
    revokeSubject: bounded('revokeSubject', (...args) => store.revokeSubject(...args)),
    revokeEveryone: bounded('revokeEveryone', (...args) => store.revokeEveryone(...args)),
    readRoster: bounded('readRoster', (...args) => store.readRoster(...args)),
    writeRoster: bounded('writeRoster', (...args) => store.writeRoster(...args)),
    once: bounded('once', (...args) => store.once(...args)),
    taken: bounded('taken', (...args) => store.taken(...args)),
    check: bounded('check', () => store.check()),
  };
}
