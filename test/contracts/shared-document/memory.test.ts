import type { DocumentName, SharedDocument } from '../../../shared/document/document.ts';
import { createMemoryDocument } from '../../support/memory-document.ts';
import { documentContract } from './contract.ts';

documentContract('memory', async () => {
  const documents: Record<DocumentName, SharedDocument> = {
    control: createMemoryDocument(),
    counts: createMemoryDocument(),
  };
  return { see: (name) => documents[name] };
});
