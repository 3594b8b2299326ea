import { describe, expect, it } from 'vitest';
import { foldFor, patternForm, patternForms, readingsOf } from '../../../shared/http/paths.ts';

/** In their order; `null` where the path is refused. */
const readAs = (path: string): string[] | null => {
  const read = readingsOf(path);
  return read.kind === 'read' ? read.readings.map((reading) => reading.path) : null;
};

it.each(['/', '/a', '/a/b/', '/a.b/c-d_e~f', "/a!$&'()*+,=:@"])('%s can be read in one way only', (path) => {
  expect(readAs(path)).toEqual([path]);
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
  const readings = readAs(path);
  expect(readings).toContain(reading);
  expect(readings?.length).toBeGreaterThan(1);
});

it('the first reading is the path as it is forwarded', () => {
  expect(readAs('/a%2fb;c')?.[0]).toBe('/a%2fb;c');
});

it.each(['/%00', '/a%0ab', '/a%2500', '/%7f', '/\u0001'])('%j holds a control character', (path) => {
  expect(readAs(path)).toBeNull();
});

describe('bytes above ASCII', () => {
  it('are one path in each of their spellings', () => {
    expect(readAs('/caf%C3%A9')).toContain(patternForm('/café'));
    expect(readAs('/caf%c3%a9')).toContain(patternForm('/caf%C3%A9'));
    expect(readAs('/cafe')).not.toContain(patternForm('/café'));
  });
});

describe('a disguise', () => {
  const disguiseOf = (path: string, reading: string): number | undefined => {
    const read = readingsOf(path);
    return read.kind === 'read' ? read.readings.find((each) => each.path === reading)?.disguise : undefined;
  };
  it.each([
    ['/admin;x', '/admin'],
    ['/admin%3bx', '/admin'],
    ['//admin', '/admin'],
    ['/%61dmin', '/admin'],
    ['/%2561dmin', '/admin'],
    ['/admin%3fx', '/admin'],
    ['/a%5cb', '/a\\b'],
  ])('is none where %s is read as %s', (path, reading) => {
    expect(disguiseOf(path, reading)).toBe(0);
  });
  it.each([
    ['/x/..;/admin', '/admin'],
    ['/x/%252e%252e/admin', '/admin'],
    ['/admin%2fx', '/admin/x'],
    ['/admin%252Fx', '/admin/x'],
    ['/admin%5cx', '/admin/x'],
  ])('is what hides in %s that it is %s', (path, reading) => {
    expect(disguiseOf(path, reading)).toBeGreaterThan(0);
  });
  it('is none where a plainer way leads to the same', () => {
    expect(disguiseOf('/a;x%2fb//', '/a/')).toBe(0);
  });
});

describe('a pattern', () => {
  it('is there with its escapes resolved, but those that would change its structure', () => {
    expect(patternForms('/my%20files')).toEqual(['/my%20files', '/my files']);
    expect(patternForms('/%61dmin')).toEqual(['/%61dmin', '/admin']);
    expect(patternForms('/a%2Fb%3f')).toEqual(['/a%2Fb%3f']);
    expect(patternForms('/café')).toEqual([patternForm('/caf%C3%A9')]);
  });
});

describe('folding', () => {
  const folded = foldFor('folded');
  const alike = (a: string, b: string): boolean => folded(patternForm(a)) === folded(patternForm(b));
  it.each([
    ['/Account', '/account'],
    ['/account/', '/ACCOUNT'],
    ['/', '/'],
    ['/a%2Fb', '/a%2fb'],
    ['/CAFÉ', '/café'],
    ['/caf%C3%89', '/café'],
    ['/caf%C9', '/caf%E9'],
    ['/СЧЕТ', '/счет'],
    ['/ΟΔΟΣ', '/οδος'],
    // Kelvin, the long s and the dotted I: capitals or small letters of k, s and i to some servers.
    ['/\u212Aey', '/key'],
    ['/\u017Fecret', '/Secret'],
    ['/adm\u0130n', '/admin'],
    ['/STRASSE', '/straße'],
    ['/%FF/CAFÉ', '/%FF/café'],
  ])('takes %s and %s for one', (a, b) => {
    expect(alike(a, b)).toBe(true);
  });
  it.each([
    ['/account', '/accounts'],
    ['/account//', '/account'],
    ['/café', '/cafe'],
    ['/caf%C3%A9', '/caf%E9'],
    ['/%E0%80%80', '/%ED%A0%80'],
    ['/a×', '/a÷'],
  ])('tells %s from %s', (a, b) => {
    expect(alike(a, b)).toBe(false);
  });
  it('is off where matching is exact, but for the digits of an escape', () => {
    const exact = foldFor('exact');
    expect([exact('/A/'), exact('/a%2fb')]).toEqual(['/A/', '/a%2Fb']);
  });
});

it('a path of more than 8,192 bytes is not read at all', () => {
  const odd = (bytes: number) => `/${'%41'.repeat(bytes / 3)}`.padEnd(bytes, 'x');
  expect(readingsOf(odd(8_192)).kind).toBe('read');
  expect(readingsOf(odd(8_193))).toEqual({ kind: 'refused', because: 'the path is longer than 8192 bytes' });
});

describe('a path of many readings', () => {
  it('has the few that an order of steps leads to, however long it is', () => {
    expect(readAs(`/${'..%252f;a\\'.repeat(200)}`)?.length).toBeLessThanOrEqual(64);
  });
  it('is not read on when there is no end of them', () => {
    const made = ';%253f%5c%2f%252f%255c%2e%2e%253b%3b//\\%23..%252f.%2f%253b..%5c%252e%252e%3f';
    expect(readAs(`/a${made.repeat(40)}`)).toBeNull();
  });
});
