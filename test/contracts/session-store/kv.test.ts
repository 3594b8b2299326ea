import { traitsOf } from '../../../shared/config/stores.ts';
import { createKvStore } from '../../../worker/kv/kv-store.ts';
import { openKv } from '../../support/kv.ts';
import { sessionStoreContract } from './contract.ts';

sessionStoreContract(
  'kv',
  async () => {
    const { namespace, close } = await openKv();
    return { store: createKvStore(namespace), elsewhere: createKvStore(namespace), close };
  },
  { touch: traitsOf('kv').notesActivity ? 'written' : 'unwritten', races: 'best-effort' },
);
