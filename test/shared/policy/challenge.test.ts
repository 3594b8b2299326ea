import { describe, expect, it } from 'vitest';
import { challenge } from '../../../shared/policy/challenge.ts';

const publicOrigin = { origin: 'https://shop.example', host: 'shop.example', scheme: 'https' } as const;
const login = { kind: 'page', page: '/login?theme=dark', returnParam: 'next' } as const;
const own = { kind: 'page', page: '/login', returnParam: 'next' } as const;
const asked = (url: string, headers: Record<string, string> = { accept: 'text/html' }) => ({
  method: 'GET',
  headers: new Headers(headers),
  url,
  publicOrigin,
});

it('a page load goes to the login and comes back to an absolute URL of the public origin', () => {
  const answer = challenge('session_required', null, asked('http://10.0.0.1:8787/account?a=1#x'), login);
  expect(answer).toEqual({
    kind: 'redirect',
    location: 'https://shop.example/login?theme=dark&next=https%3A%2F%2Fshop.example%2Faccount%3Fa%3D1',
  });
});

describe('the login page', () => {
  it.each([
    '/login',
    '/login?next=https%3A%2F%2Fshop.example%2Faccount',
    '/Login/',
    '/LOGIN;jsessionid=A1',
    '/%6cogin',
    '//login',
  ])('is never sent to itself: %s', (path) => {
    const answer = challenge('session_required', null, asked(`https://shop.example${path}`), own);
    expect(answer).toMatchObject({ kind: 'refuse', failure: { code: 'session_required' } });
  });
  it('is not what begins like it', () => {
    for (const path of ['/login/help', '/login2', '/log']) {
      expect(challenge('session_required', null, asked(`https://shop.example${path}`), own).kind).toBe('redirect');
    }
  });
});

it('a path that looks like a host comes back to ours', () => {
  const answer = challenge('session_required', null, asked('https://shop.example//evil.example/x'), login);
  const next = answer.kind === 'redirect' ? new URL(answer.location).searchParams.get('next') : null;
  expect(new URL(next as string).host).toBe('shop.example');
});

it('a program is told code, reason and where the login is', () => {
  const answer = challenge('session_rejected', 'idle', asked('https://shop.example/account', {}), login);
  expect(answer).toMatchObject({
    kind: 'refuse',
    failure: {
      code: 'session_rejected',
      members: { reason: 'idle', login_url: 'https://shop.example/login?theme=dark' },
    },
  });
});

it('without a login of ours everybody is refused', () => {
  const answer = challenge('session_required', null, asked('https://shop.example/account'), { kind: 'none' });
  expect(answer).toMatchObject({ kind: 'refuse', failure: { code: 'session_required', members: {} } });
});
