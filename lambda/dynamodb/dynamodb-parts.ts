/** Store and shared documents of the session table, over the SDK. */
import type { DocumentName, SharedDocument } from '../../shared/document/document.ts';
import type { SharedLog } from '../../shared/document/log.ts';
import { boundedDocument } from '../../shared/document/with-timeout.ts';
import { createDocumentOnItems } from '../../shared/dynamodb/dynamodb-document.ts';
import { createLogOnItems } from '../../shared/dynamodb/dynamodb-log.ts';
import { createStoreOnItems } from '../../shared/dynamodb/dynamodb-store.ts';
import type { Authority } from '../../shared/gateway.ts';
import { createCountsInLog } from '../../shared/metrics/counts-in-log.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { createItems, type TableOptions } from './sdk-dynamodb.ts';

export const createDynamoDbStore = (options: TableOptions): Store => createStoreOnItems(createItems(options));

export const createDynamoDbDocument = (options: TableOptions, name: DocumentName): SharedDocument =>
  createDocumentOnItems(createItems(options), name);

export const createDynamoDbLog = (options: TableOptions): SharedLog => createLogOnItems(createItems(options));

/** What all instances share beside the sessions, over one client. */
export function createDynamoDbAuthority(options: TableOptions): Omit<Authority, 'readsAtOnce'> {
  const items = createItems(options);
  const document = (name: DocumentName): SharedDocument => createDocumentOnItems(items, name);
  return { document, counts: createCountsInLog(createLogOnItems(items), boundedDocument(document('counts'))) };
}
