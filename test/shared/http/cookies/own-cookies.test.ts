import { describe, expect, test } from 'vitest';
import { createOwnCookies } from '../../../../shared/http/cookies/own-cookies.ts';
import { settingsFor } from '../../../support/proxy-settings.ts';

const ours = createOwnCookies(settingsFor());

describe('what an origin gets of a Cookie header', () => {
  test.each([
    ['a=1; b=2', 'a=1; b=2'],
    ['  a = 1;b="x;  y" ;', '  a = 1;b="x;  y" ;'],
    ['__Host-session=s', null],
    ['__Host-session=s; ', null],
    ['__Host-session=s; ; ', null],
    ['__Host-session=s; __Host-affinity=p; __Host-affinity-canary=q; __Secure-login-3=l; __Host-handoff=n', null],
    ['__Host-session=s; a=1', 'a=1'],
    ['a=1; __Host-session=s', 'a=1'],
    ['a=1; __Host-session=s; b=2', 'a=1; b=2'],
    ['a=1;__Host-session=s;b=2', 'a=1;b=2'],
    ['a=1;  \t__Host-session = s ;  b=2', 'a=1;  b=2'],
    ['__Host-session=s; a=1; __Host-session=t', 'a=1'],
    ['a=1, __Host-session=s; b=2', 'a=1; b=2'],
    ['a=1,__Secure-login-2 =s', 'a=1'],
    ['a=1; __Host-session=s, b=2; c=3', 'a=1; b=2; c=3'],
    ['a=1, __Host-session=s, b=2, d=4; c=3', 'a=1; b=2, d=4; c=3'],
    ['__Host-session=s, b=2', 'b=2'],
    ['__Host-session=s, __Host-affinity=p,b=2', 'b=2'],
    ['__Host-session=s, ; b=2,', 'b=2,'],
    ['a=1, b=2; __Host-session=s; c=3, d=4', 'a=1, b=2; c=3, d=4'],
    ['__Host-session="s"; a=1', 'a=1'],
    ['__Host-session="s, t", a=1', 'a=1'],
    ['__Host-session="s, a=1; b=2', 'a=1; b=2'],
    ['a="1, __Host-session=s"', 'a="1"'],
    ['a="1, __Host-session=s, 2", b=3', 'a="1, 2", b=3'],
    ['a={"k":"v, w"}, __Host-session=s', 'a={"k":"v, w"}'],
    ['a=1, __Host-session', 'a=1, __Host-session'],
    ['a=1, __Host-sessions=s', 'a=1, __Host-sessions=s'],
    ['a=__Host-session=s; b=2', 'a=__Host-session=s; b=2'],
    [
      'x__Host-session=s; __Host-sessions=t; __host-session=u',
      'x__Host-session=s; __Host-sessions=t; __host-session=u',
    ],
    ['__Host-session', null],
    ['a=1;; __Host-session=s;b', 'a=1;;b'],
    ['a=\u00e4\u00ff; __Host-affinity=p', 'a=\u00e4\u00ff'],
  ])('of %j it gets %j', (header, kept) => {
    expect(ours.withoutOurs(header)).toBe(kept);
  });
});

describe('a Set-Cookie of an origin', () => {
  test.each([
    '__Host-session=x; Path=/; Secure',
    '__Host-session=',
    ' __Host-session\t=x',
    '__Host-affinity=x',
    '__Host-affinity-canary=x',
    '__Secure-login-1=x; Path=/.session/callback',
    '__Host-handoff=x',
    '=__Host-session=x',
    ' = __Host-session=x; Path=/',
  ])('%j would plant a cookie of ours', (line) => {
    expect(ours.isSetBy(line)).toBe(true);
  });

  test.each([
    'a=1',
    'a=__Host-session=x',
    '__host-session=x',
    '__Host-session2=x',
    'JSESSIONID=1; Path=/; __Host-session=x',
    '',
    '=',
  ])('%j is its own affair', (line) => {
    expect(ours.isSetBy(line)).toBe(false);
  });
});
