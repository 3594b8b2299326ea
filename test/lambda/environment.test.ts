import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sessionTable } from '../../lambda/dynamodb/table.ts';
import { declaredVariables, readEnvironment } from '../../lambda/environment.ts';
import { ttlAttribute } from '../../shared/dynamodb/rows.ts';

const manifest = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8');
const block = (from: string, to: string) => manifest.slice(manifest.indexOf(from), manifest.indexOf(to));

describe('the environment', () => {
  it('is what serverless.yml declares', () => {
    const declared = [...block('  environment:', '  iam:').matchAll(/^ {4}([A-Z_]+):/gm)].map(([, name]) => name);
    expect(declared.toSorted()).toEqual(Object.keys(declaredVariables).toSorted());
  });

  it('takes empty text for not set, because that is how serverless.yml hands it on', () => {
    const environment = readEnvironment({
      PUBLIC_ORIGIN: '',
      SESSION_TABLE: '',
      REDIS_URL: '',
      ORIGIN_EU: 'https://eu.example',
    });
    expect(environment).toEqual({
      all: { ORIGIN_EU: 'https://eu.example' },
      region: null,
      sessionTable: null,
      redisUrl: null,
      redisMode: null,
      redisTls: { ca: null, cert: null, key: null },
    });
  });

  it('holds every name, for the configuration may ask for any', () => {
    const environment = readEnvironment({ AWS_REGION: 'eu-west-1', SESSION_TABLE: 't', REDIS_URL: 'r', MINE: '1' });
    expect(environment).toMatchObject({ region: 'eu-west-1', sessionTable: 't', redisUrl: 'r', all: { MINE: '1' } });
  });
});

describe('serverless.yml', () => {
  it('makes the table that local runs and tests use', () => {
    const { KeySchema, BillingMode } = sessionTable('t');
    for (const { AttributeName, KeyType } of KeySchema ?? []) {
      expect(manifest).toContain(`AttributeName: ${AttributeName}, KeyType: ${KeyType}`);
    }
    expect(manifest).toContain(`BillingMode: ${BillingMode}`);
    expect(manifest).toContain(`AttributeName: ${ttlAttribute}, Enabled: true`);
  });

  it('allows what the store does and nothing else', () => {
    const sdk = readFileSync(new URL('../../lambda/dynamodb/sdk.ts', import.meta.url), 'utf8');
    const used = [...sdk.matchAll(/(\w+)Command\b/g)].map(([, name]) => `dynamodb:${name}`);
    const allowed = [...manifest.matchAll(/- (dynamodb:\w+)/g)].map(([, action]) => action);
    expect(allowed.toSorted()).toEqual(used.toSorted());
  });
});
