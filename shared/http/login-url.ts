import type { PublicOrigin, Settings } from '../config/settings.ts';

/** The login of the configuration; `returnTo` is an absolute URL that has been judged safe, or `null`. */
export function loginUrl(
  login: Extract<Settings['login'], { kind: 'page' }>,
  publicOrigin: PublicOrigin,
  returnTo: string | null,
): string {
  const url = new URL(login.page, `${publicOrigin.origin}/`);
  if (returnTo !== null) url.searchParams.set(login.returnParam, returnTo);
  return url.href;
}
