import { createDynamoDbStore } from '../../../lambda/dynamodb/dynamodb-parts.ts';
import { createMemoryStore } from '../../../shared/session/store/memory-store.ts';
import { createKvStore } from '../../../worker/kv/kv-store.ts';
import { openDynalite } from '../../support/dynamodb.ts';
import { openKv } from '../../support/kv.ts';
import { sessionSettings, storedStrategy } from '../../support/session-parts.ts';
import { sessionStrategyContract } from './contract.ts';

sessionStrategyContract(
  'stored (memory)',
  async () => {
    const store = createMemoryStore();
    return { gateway: (keys) => storedStrategy(store, keys), close: async () => {} };
  },
  { endsReach: 'everywhere', activity: 'authority', records: true },
);

sessionStrategyContract(
  'stored (kv)',
  async () => {
    const { namespace, close } = await openKv();
    return {
      gateway: (keys) => storedStrategy(createKvStore(namespace), keys, sessionSettings({ store: 'kv' })),
      close,
    };
  },
  { endsReach: 'everywhere', activity: 'cookie', records: true },
);

sessionStrategyContract(
  'stored (dynamodb)',
  async () => {
    const { table, client, close } = await openDynalite();
    return { gateway: (keys) => storedStrategy(createDynamoDbStore({ table, client }), keys), close };
  },
  { endsReach: 'everywhere', activity: 'authority', records: true },
);
