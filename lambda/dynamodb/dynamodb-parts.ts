/** Store and shared documents of the session table, over the SDK. */
import type { DocumentName, SharedDocument } from '../../shared/document/document.ts';
import { createDocumentOnItems } from '../../shared/dynamodb/dynamodb-document.ts';
import { createStoreOnItems } from '../../shared/dynamodb/dynamodb-store.ts';
import type { Store } from '../../shared/session/store/store.ts';
import { createItems, type TableOptions } from './sdk-dynamodb.ts';

export const createDynamoDbStore = (options: TableOptions): Store => createStoreOnItems(createItems(options));

export const createDynamoDbDocument = (options: TableOptions, name: DocumentName): SharedDocument =>
  createDocumentOnItems(createItems(options), name);
