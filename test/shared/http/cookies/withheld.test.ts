import { describe, expect, it } from 'vitest';
import { createWithheld, type OwnCookie } from '../../../../shared/http/cookies/withheld.ts';

const lax: OwnCookie = { name: 'lax', sameSite: 'Lax' };
const strict: OwnCookie = { name: 'strict', sameSite: 'Strict' };
const none: OwnCookie = { name: 'none', sameSite: 'None' };

function held(method: string, headers: Record<string, string>, ours: readonly OwnCookie[] = [lax, strict, none]) {
  const withheld = createWithheld(ours)(new Headers(headers));
  return ours.map(({ name }) => name).filter((name) => withheld.mayHold(name, method));
}

const from = (site: string, mode = 'navigate', dest = 'document') => ({
  'sec-fetch-site': site,
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
});

describe('cookies that may be held and did not come', () => {
  it.each<[string, string, Record<string, string>, string[]]>([
    ['a link of another site', 'GET', from('cross-site'), ['strict']],
    ['the same, looked at ahead', 'HEAD', from('cross-site'), ['strict']],
    ['a form of another site', 'POST', from('cross-site'), ['lax', 'strict']],
    ['a frame in another site', 'GET', from('cross-site', 'navigate', 'iframe'), ['lax', 'strict']],
    ['an object in another site', 'GET', from('cross-site', 'navigate', 'object'), ['lax', 'strict']],
    ['an image in another site', 'GET', from('cross-site', 'no-cors', 'image'), ['lax', 'strict']],
    ['a script of another site', 'GET', from('cross-site', 'cors', 'empty'), ['lax', 'strict']],
    ['a prefetch by another site', 'GET', from('cross-site', 'no-cors', 'empty'), ['lax', 'strict']],
    ['a sibling on the same site', 'POST', from('same-site'), []],
    ['a page of our own', 'POST', from('same-origin'), []],
    ['a person who typed the address', 'GET', from('none'), []],
    ['a browser that does not say', 'POST', {}, []],
    ['a browser that does not say all', 'GET', { 'sec-fetch-site': 'cross-site' }, ['lax', 'strict']],
  ])('of %s (%s)', (_, method, headers, names) => {
    expect(held(method, headers)).toEqual(names);
  });

  it('are none where one came that would have been kept as well', () => {
    const form = from('cross-site');
    expect(held('POST', { ...form, cookie: 'lax=1' })).toEqual([]);
    expect(held('GET', { ...form, cookie: 'lax=1' })).toEqual(['strict']);
    expect(held('POST', { ...form, cookie: 'none=1' })).toEqual(['lax', 'strict']);
    expect(held('POST', { ...form, cookie: 'other=1' })).toEqual(['lax', 'strict']);
  });

  it('are never of the kind that goes everywhere', () => {
    expect(held('POST', from('cross-site'), [none])).toEqual([]);
  });
});

it('what is about a key that sessions are bound to says so', () => {
  for (const name of ['Sec-Secure-Session-Id', 'Secure-Session-Response']) {
    for (const more of [{}, from('cross-site')]) {
      expect(createWithheld([lax])(new Headers({ [name]: 'x', ...more })).isDeviceTraffic).toBe(true);
    }
  }
  expect(createWithheld([lax])(new Headers(from('cross-site'))).isDeviceTraffic).toBe(false);
});
