/** URLs, paths and dates in the configuration: how they are checked, and how they are read. */
import { isLoopback } from '../client/address.ts';
import type { IssueText } from './issues.ts';

const issue = (message: string, remedy: string): IssueText => ({ message, remedy });

function parse(text: string): URL | null {
  // The URL parser drops spaces, tabs and line ends. Such a typo has to be reported.
  return /[\s\\]/.test(text) || !URL.canParse(text) ? null : new URL(text);
}

const isHttp = (url: URL): boolean => url.protocol === 'http:' || url.protocol === 'https:';

/** localhost and its subdomains (RFC 6761, section 6.3), 127.0.0.0/8, ::1. */
export function isLoopbackHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return bare === 'localhost' || bare.endsWith('.localhost') || isLoopback(bare);
}

export function publicOriginIssue(text: string): IssueText | null {
  const example = "Write scheme and host, such as 'https://shop.example' or 'http://localhost:8787'.";
  const url = parse(text);
  if (!url || !isHttp(url)) return issue('is not an origin', example);
  if (url.username || url.password) return issue('carries credentials', 'Take away what stands before the @.');
  if (url.hostname.includes('*')) return issue('has a wildcard', 'Name each public origin by itself.');
  if (text.toLowerCase() !== url.origin && text.toLowerCase() !== withPort(url)) {
    return issue('is more than an origin', `Leave path, query and trailing slash away: '${url.origin}'.`);
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    return issue(
      'is not secure',
      'Use https: browsers keep the session cookie off plain http everywhere but on localhost.',
    );
  }
  return null;
}

/** `https://shop.example:443`: an origin too, although the URL parser drops the default port. */
const withPort = (url: URL): string => `${url.origin}:${url.protocol === 'http:' ? 80 : 443}`;

export interface PublicOrigin {
  /** `https://shop.example`, without a trailing slash. */
  readonly origin: string;
  /** In lower case, with the port unless it is the scheme's default. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
}

/** Of text without issues. */
export function publicOriginOf(text: string): PublicOrigin {
  const { origin, host, protocol } = new URL(text);
  return { origin, host, scheme: protocol === 'http:' ? 'http' : 'https' };
}

/** `URL.origin` of text without issues. */
export const originOf = (text: string): string => new URL(text).origin;

export function originUrlIssue(text: string): IssueText | null {
  const url = parse(text);
  if (!url || !isHttp(url)) {
    return issue('is not an http or https URL', "Write where the origin is, such as 'https://eu.origin.example.com'.");
  }
  if (url.username || url.password) {
    return issue('carries credentials', 'Take away what stands before the @; a URL is shown in logs and pages.');
  }
  if (/[?#]/.test(text)) return issue('has a query or a fragment', 'End it with the host or a base path.');
  return null;
}

/** Normalised, without a trailing slash. Of text without issues. */
export const originUrl = (text: string): string => new URL(text).href.replace(/\/+$/, '');

const plainPath = /^\/(?:[A-Za-z0-9._~!$&'()+,=:@/-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*$/;
const hasOddSegments = (path: string): boolean => path.includes('//') || /(^|\/)\.{1,2}(\/|$)/.test(path);

export function pathIssue(path: string): IssueText | null {
  if (!path.startsWith('/')) return issue('does not begin with /', `Write '/${path.slice(0, 40)}'.`);
  if (hasOddSegments(path)) {
    return issue("has '//' or a dot segment", 'Write the path as it is after those are resolved.');
  }
  if (!plainPath.test(path)) {
    return issue('has characters a path cannot have', 'Leave query, fragment, spaces and control characters away.');
  }
  return null;
}

export function routePathIssue(path: string): IssueText | null {
  const bare = path.endsWith('/*') ? path.slice(0, -'*'.length) : path;
  if (bare.includes('*')) {
    return issue("has a '*' that is not the last segment", "Use '*' once, at the end: '/account/*'.");
  }
  return pathIssue(bare);
}

/** Milliseconds since the epoch, or `null` unless it is RFC 3339 (section 5.6) with a day that exists. */
export function momentMs(text: string): number | null {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/.exec(
      text,
    );
  if (!match) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const exists = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day && month >= 1 && month <= 12;
  return exists ? Date.parse(text.toUpperCase()) : null;
}
