import { describe, expect, test } from 'vitest';
import { createDynamoDbStore } from '../../../worker/dynamodb/dynamodb-store.ts';

const whole = {
  SESSION_TABLE: 'sessions',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
};
const complaintOf = (bindings: Record<string, string>) => {
  const created = createDynamoDbStore(bindings);
  return created.kind === 'issue' ? `${created.issue.path} ${created.issue.message}` : null;
};

describe('the DynamoDB store of a Worker', () => {
  test('needs a table, a region and a key', () => {
    expect(complaintOf(whole)).toBeNull();
    for (const name of Object.keys(whole)) {
      expect(complaintOf({ ...whole, [name]: '' })).toBe(`${name} is not set`);
    }
  });

  test('takes the regions that AWS has', () => {
    for (const AWS_REGION of ['us-east-1', 'us-gov-west-1', 'ap-southeast-4', 'cn-north-1']) {
      expect(complaintOf({ ...whole, AWS_REGION })).toBeNull();
    }
    for (const AWS_REGION of ['eu', 'eu-central-1.evil.example/', 'EU-CENTRAL-1']) {
      expect(complaintOf({ ...whole, AWS_REGION })).toBe('AWS_REGION is not a region of AWS');
    }
  });

  test('takes another endpoint, and no plain http but on this machine', () => {
    for (const AWS_ENDPOINT_URL_DYNAMODB of [
      'https://vpce-1.example',
      'http://127.0.0.1:8000',
      'http://localhost:8000',
    ]) {
      expect(complaintOf({ ...whole, AWS_ENDPOINT_URL_DYNAMODB })).toBeNull();
    }
    for (const AWS_ENDPOINT_URL_DYNAMODB of ['http://dynamodb.example', 'https://a:b@dynamodb.example', 'dynamodb']) {
      expect(complaintOf({ ...whole, AWS_ENDPOINT_URL_DYNAMODB })).toBe(
        'AWS_ENDPOINT_URL_DYNAMODB is not an https:// URL',
      );
    }
  });

  test('names no value of a setting in a complaint', () => {
    const created = createDynamoDbStore({ ...whole, AWS_ENDPOINT_URL_DYNAMODB: 'http://user:pass@host' });
    expect(JSON.stringify(created)).not.toContain('pass');
  });
});
