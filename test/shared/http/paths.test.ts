import { describe, expect, it } from 'vitest';
import { patternForm, readingsOf } from '../../../shared/http/paths.ts';

it.each(['/', '/a', '/a/b/', '/a.b/c-d_e~f', "/a!$&'()*+,=:@"])('%s can be read in one way only', (path) => {
  expect(readingsOf(path)).toEqual([path]);
});

it.each([
  ['/public/..%2fadmin', '/admin'],
  ['/public/%2e%2e/admin', '/admin'],
  ['/public/%252e%252e/admin', '/admin'],
  ['/public%2f..%2fadmin', '/admin'],
  ['/public/..%5cadmin', '/admin'],
  ['/public/..;/admin', '/admin'],
  ['/public/..;x=1/admin', '/admin'],
  ['/admin;x', '/admin'],
  ['/admin%3bx', '/admin'],
  ['//admin', '/admin'],
  ['/./admin', '/admin'],
  ['/%61dmin', '/admin'],
  ['/%2561dmin', '/admin'],
  ['/admin/.', '/admin/'],
  ['/a/../../admin', '/admin'],
])('%s can be read as %s', (path, reading) => {
  const readings = readingsOf(path);
  expect(readings).toContain(reading);
  expect(readings?.length).toBeGreaterThan(1);
});

it('the first reading is the path as it is forwarded', () => {
  expect(readingsOf('/a%2fb;c')?.[0]).toBe('/a%2fb;c');
});

it.each(['/%00', '/a%0ab', '/a%2500', '/%7f', '/\u0001'])('%j holds a control character', (path) => {
  expect(readingsOf(path)).toBeNull();
});

describe('bytes above ASCII', () => {
  it('are one path in each of their spellings', () => {
    expect(readingsOf('/caf%C3%A9')).toContain(patternForm('/café'));
    expect(readingsOf('/caf%c3%a9')).toContain(patternForm('/caf%C3%A9'));
    expect(readingsOf('/cafe')).not.toContain(patternForm('/café'));
  });
});

describe('a path of many readings', () => {
  it('has the few that an order of steps leads to, however long it is', () => {
    expect(readingsOf(`/${'..%252f;a\\'.repeat(200)}`)?.length).toBeLessThanOrEqual(64);
  });
  it('is not read on when there is no end of them', () => {
    const made = ';%253f%5c%2f%252f%255c%2e%2e%253b%3b//\\%23..%252f.%2f%253b..%5c%252e%252e%3f';
    expect(readingsOf(`/a${made.repeat(40)}`)).toBeNull();
  });
});
