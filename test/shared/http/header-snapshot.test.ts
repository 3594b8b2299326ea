import { describe, expect, test } from 'vitest';
import { createHeaderInterner, memoizeByHeaders } from '../../../shared/cache/header-interner.ts';
import { readHeaders } from '../../../shared/http/header-snapshot.ts';
import { fieldName } from '../../../shared/http/headers.ts';

describe('a survey of a header', () => {
  test('answers as the header does', () => {
    const survey = readHeaders(
      new Headers([
        ['X-Berth', 'a'],
        ['x-berth', 'b'],
        ['CF-Ray', 'r'],
      ]),
    );
    const names = ['x-berth', fieldName('X-Berth'), 'cf-ray', 'traceparent', 'other'] as const;
    expect(names.map((name) => survey.get(name))).toEqual(['a, b', 'a, b', 'r', null, null]);
    expect(names.map((name) => survey.has(name))).toEqual([true, true, true, false, false]);
  });

  test('counts it as it stands on the wire', () => {
    expect(readHeaders(new Headers()).bytes).toBe(0);
    const { bytes, stable } = readHeaders(new Headers({ host: 'a.example', accept: '*/*', b3: '0' }));
    expect(bytes).toBe('host: a.example\r\naccept: */*\r\nb3: 0\r\n'.length);
    expect(stable.names).toEqual(['accept', 'host']);
    expect(stable.volatileNames).toEqual(['b3']);
  });
});

describe('a header that comes again', () => {
  const header = (more: Record<string, string> = {}) =>
    new Headers({ host: 'a.example', cookie: 'a=1; b=2222', 'cf-ray': 'one', ...more });

  test('is the same, whatever the ids in it', () => {
    const surveyed = createHeaderInterner();
    const [first, second] = [surveyed(header()), surveyed(header({ 'cf-ray': 'two' }))];
    expect(second.stable).toBe(first.stable);
    expect([first.get('cf-ray'), second.get('cf-ray')]).toEqual(['one', 'two']);
  });

  test.each<[string, Record<string, string>]>([
    ['another value', { cookie: 'a=2; b=2222' }],
    ['one field more', { accept: '*/*' }],
    ['an id more', { traceparent: 'x' }],
  ])('is another one with %s', (_, more) => {
    const surveyed = createHeaderInterner();
    const first = surveyed(header());
    const other = surveyed(header(more));
    expect(other.stable).not.toBe(first.stable);
    for (const [name, value] of header(more)) expect(other.get(fieldName(name))).toBe(value);
    expect(surveyed(header(more)).stable).toBe(other.stable);
  });

  test('under other names it is another one', () => {
    const surveyed = createHeaderInterner();
    const first = surveyed(new Headers({ 'x-one': 'v' }));
    const other = surveyed(new Headers({ 'x-two': 'v' }));
    expect([first.get('x-one'), other.get('x-one'), other.get('x-two')]).toEqual(['v', null, 'v']);
  });

  test('is known beside one that differs from it in an id more', () => {
    const surveyed = createHeaderInterner();
    const [one, other] = [surveyed(header()), surveyed(header({ traceparent: 'x' }))];
    expect(surveyed(header()).stable).toBe(one.stable);
    expect(surveyed(header({ traceparent: 'y' })).stable).toBe(other.stable);
  });

  test('is the same on the next page, and when a copy of it is held', () => {
    const surveyed = createHeaderInterner();
    const from = (page: string, tag: string) =>
      surveyed(header({ referer: `https://a.example${page}`, 'if-none-match': tag }));
    const [first, second] = [from('/one', '"1"'), from('/two', '"2"')];
    expect(second.stable).toBe(first.stable);
    expect([second.get('referer'), second.get('if-none-match')]).toEqual(['https://a.example/two', '"2"']);
  });

  test('is known beside one that says something else of the kind', () => {
    const surveyed = createHeaderInterner();
    const [one, other] = [surveyed(header({ referer: 'a' })), surveyed(header({ range: 'bytes=0-' }))];
    expect(surveyed(header({ referer: 'b' })).stable).toBe(one.stable);
    expect(surveyed(header({ range: 'bytes=9-' })).stable).toBe(other.stable);
  });

  test('that is very long is looked at each time', () => {
    const surveyed = createHeaderInterner();
    const long = () => surveyed(header({ 'x-long': 'x'.repeat(9_000) }));
    expect(long().stable).not.toBe(long().stable);
  });

  test('that holds bytes which cannot be read is looked at each time, because they may be others', () => {
    const surveyed = createHeaderInterner();
    // As Workers show them; Node's own `Headers` hold nothing of the kind.
    const fields = { host: 'a.example', 'x-name': 'caf\ufffd' };
    const shown = {
      forEach(each: (value: string, name: string) => void) {
        for (const [name, value] of Object.entries(fields)) each(value, name);
      },
    };
    const look = () => surveyed(shown as unknown as Headers);
    expect(look().get('x-name')).toBe('caf\ufffd');
    expect(look().stable).not.toBe(look().stable);
  });

  test('memory is bounded', () => {
    const surveyed = createHeaderInterner();
    const first = surveyed(header());
    for (let i = 0; i < 1_000; i++) surveyed(header({ 'x-made-up': String(i) }));
    expect(surveyed(header()).stable).not.toBe(first.stable);
  });
});

test('what follows from a header is worked out once, and never from what is new in every request', () => {
  const surveyed = createHeaderInterner();
  let worked = 0;
  const follows = memoizeByHeaders((header) => {
    worked++;
    return { host: header.get('host'), ray: header.get('cf-ray') };
  });
  const ask = (host: string, ray: string) => follows(surveyed(new Headers({ host, 'cf-ray': ray })));
  expect([ask('a', '1'), ask('a', '2'), ask('b', '1')]).toEqual([
    { host: 'a', ray: null },
    { host: 'a', ray: null },
    { host: 'b', ray: null },
  ]);
  expect(worked).toBe(2);
});
