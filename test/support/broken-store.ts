/** A store that can be made to hang or fail, and counts how often each method is asked. */
import type { Store } from '../../shared/session/store/store.ts';

export interface BrokenStore {
  readonly store: Store;
  /** Calls from now on get no answer until `recover()`, which ends them as an outage: no promise is left behind. */
  hang(): void;
  /** Calls from now on throw. */
  fail(): void;
  recover(): void;
  /** Calls per method, those that hang or fail included. */
  readonly calls: Readonly<Record<keyof Store, number>>;
}

export function createBrokenStore(inner: Store): BrokenStore {
  let mode: 'well' | 'hanging' | 'failing' = 'well';
  let waiting: ((error: Error) => void)[] = [];
  const outage = () => new Error('the store is out of order');
  const calls = {
    create: 0,
    load: 0,
    loadAll: 0,
    touch: 0,
    save: 0,
    revoke: 0,
    revokeSubject: 0,
    revokeEveryone: 0,
    loadSessionIndex: 0,
    saveSessionIndex: 0,
    claimOnce: 0,
    readOnce: 0,
    check: 0,
    sweep: 0,
  };

  async function ask<T>(method: keyof Store, answer: () => Promise<T>): Promise<T> {
    calls[method]++;
    if (mode === 'failing') throw outage();
    if (mode === 'hanging') return new Promise<never>((_, reject) => waiting.push(reject));
    return answer();
  }

  return {
    store: {
      create: (...given) => ask('create', () => inner.create(...given)),
      load: (...given) => ask('load', () => inner.load(...given)),
      loadAll: (...given) => ask('loadAll', () => inner.loadAll(...given)),
      touch: (...given) => ask('touch', () => inner.touch(...given)),
      save: (...given) => ask('save', () => inner.save(...given)),
      revoke: (...given) => ask('revoke', () => inner.revoke(...given)),
      revokeSubject: (...given) => ask('revokeSubject', () => inner.revokeSubject(...given)),
      revokeEveryone: (...given) => ask('revokeEveryone', () => inner.revokeEveryone(...given)),
      loadSessionIndex: (...given) => ask('loadSessionIndex', () => inner.loadSessionIndex(...given)),
      saveSessionIndex: (...given) => ask('saveSessionIndex', () => inner.saveSessionIndex(...given)),
      claimOnce: (...given) => ask('claimOnce', () => inner.claimOnce(...given)),
      readOnce: (...given) => ask('readOnce', () => inner.readOnce(...given)),
      check: (...given) => ask('check', () => inner.check(...given)),
      sweep: (...given) => ask('sweep', () => inner.sweep(...given)),
    },
    hang() {
      mode = 'hanging';
    },
    fail() {
      mode = 'failing';
    },
    recover() {
      mode = 'well';
      for (const reject of waiting) reject(outage());
      waiting = [];
    },
    calls,
  };
}
