import { expect, it } from 'vitest';
import {
  isSessionId,
  newSecret,
  newSessionId,
  readHandle,
  writeHandle,
} from '../../../../../shared/session/stored/cookie/handle.ts';

const handle = () => ({ locator: newSessionId(), secret: newSecret(), snapshot: 'x'.repeat(80) });

it('a handle that was written is read again', () => {
  const one = handle();
  expect(readHandle(writeHandle(one))).toEqual(one);
});

it('a family has 128 random bits and a secret 256', () => {
  expect(newSessionId()).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(newSecret()).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(new Set(Array.from({ length: 100 }, newSecret)).size).toBe(100);
  expect(isSessionId(newSessionId())).toBe(true);
});

it.each(['', 'A'.repeat(21), 'A'.repeat(23), `${'A'.repeat(21)}.`, `${'A'.repeat(22)}\n`])(
  '%j is no family',
  (text) => {
    expect(isSessionId(text)).toBe(false);
  },
);

it('anything else is no handle', () => {
  const text = writeHandle(handle());
  for (const other of [
    '',
    text.slice(3),
    text.replace('v1', 'v2'),
    text.replace('v1', 'V1'),
    `${text}.x`,
    `${text}\n`,
    ` ${text}`,
    text.replace('x', '='),
    text.slice(0, -40),
    `${text}${'x'.repeat(4000)}`,
  ]) {
    expect(readHandle(other)).toBeNull();
  }
});
