import { expect, it } from 'vitest';
import { devOverridesOf } from '../../../shared/client/dev-overrides.ts';

const nothing = { address: null, place: null, clockMs: 0 };
const pretend = (headers: Record<string, string>) => devOverridesOf(new Headers(headers));

it('address, place and hour are what the headers say', () => {
  expect(pretend({ 'dev-client-ip': '203.0.113.9', 'dev-client-place': '35.7,139.7', 'dev-clock': '+1800' })).toEqual({
    address: '203.0.113.9',
    place: { latitude: 35.7, longitude: 139.7 },
    clockMs: 1_800_000,
  });
  expect(pretend({ 'dev-clock': '-60' }).clockMs).toBe(-60_000);
});

it.each<Record<string, string>>([
  {},
  { 'dev-client-ip': 'localhost' },
  { 'dev-client-place': '35.7' },
  { 'dev-client-place': 'tokyo' },
  { 'dev-clock': '1.5' },
  { 'dev-clock': '1e9' },
  { 'dev-clock': '9999999999' },
])('%j says nothing', (headers) => {
  expect(pretend(headers)).toEqual(nothing);
});
