/** The words the schema is written in: what a single value may be, and what is said when it is not. */
import * as v from 'valibot';
import { parseCidr } from '../../client/address.ts';
import { type Duration, formatDuration, parseDuration } from '../durations.ts';
import { listed, nearestWord } from '../issues.ts';
import type { IssueText } from '../urls.ts';

/** Valibot carries one text per rule; ours are two, what is wrong and how to mend it, and travel as two lines. */
export const issue = (message: string, remedy: string): string => `${message}\n${remedy}`;

export const text = v.string(issue('is not text', 'Put it in quotes.'));
export const flag = v.boolean(issue('is neither true nor false', 'Write true or false, without quotes.'));

/** Text that has to look like something. */
export const matchingString = (isFine: (value: string) => boolean, message: string, remedy: string) =>
  v.pipe(text, v.check(isFine, issue(message, remedy)));

/** Text that is judged by a function with a sentence for everything that can be wrong. */
export const checkedString = (issueWith: (value: string) => IssueText | null) =>
  v.pipe(
    text,
    v.rawCheck(({ dataset, addIssue }) => {
      const found = dataset.typed ? issueWith(dataset.value) : null;
      if (found) addIssue({ message: issue(found.message, found.remedy) });
    }),
  );

export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  v.picklist(words, ({ input }) => {
    const meant = typeof input === 'string' ? nearestWord(input, words) : null;
    const choices = listed(
      words.map((word) => `'${word}'`),
      'or',
    );
    return issue('is not one of the choices', `${meant ? `Did you mean '${meant}'? ` : ''}Write ${choices}.`);
  });

export function number(least: number, most: number) {
  const remedy = `Write a number from ${least} to ${most}.`;
  return v.pipe(
    v.number(issue('is not a number', `${remedy.slice(0, -1)}, without quotes.`)),
    v.check((value) => value >= least && value <= most, issue('is out of bounds', remedy)),
  );
}

export const wholeNumber = (least: number, most: number) =>
  v.pipe(
    number(least, most),
    v.check(
      (value) => Number.isInteger(value),
      issue('is not a whole number', `Write a whole number from ${least} to ${most}.`),
    ),
  );

/** Browsers drop cookies after 400 days (RFC 6265bis, section 5.5), so nothing of ours can last longer. */
const maxDurationMs = 400 * 86_400_000;

export function duration({ leastMs = 1000, mostMs = maxDurationMs } = {}) {
  const remedy = `Write a whole number and a unit, such as '30s', '15m', '12h' or '7d', from ${formatDuration(leastMs)} to ${formatDuration(mostMs)}.`;
  const inBounds = (value: Duration): boolean => {
    const ms = parseDuration(value);
    return ms === null || (ms >= leastMs && ms <= mostMs);
  };
  return v.pipe(
    v.custom<Duration>(
      (value) => typeof value === 'string' && parseDuration(value) !== null,
      issue('is not a duration', remedy),
    ),
    v.check(inBounds, issue('is out of bounds', remedy)),
  );
}

/** What has no default, as it is usually written. */
const howToAdd: Readonly<Record<string, string>> = {
  publicOrigins: "Name where people reach the site: publicOrigins: ['https://shop.example'].",
  pools: "Name at least one pool: pools: { app: { origins: [{ id: 'eu', url: env.ORIGIN_EU, region: 'eu' }] } }.",
  routes: "Say where requests go: routes: [{ path: '/*', pool: 'app' }].",
  origins: "Name the pool's origins: origins: [{ id: 'eu', url: env.ORIGIN_EU, region: 'eu' }].",
  id: "Give the origin a short name that will not change: id: 'eu'.",
  url: 'Say where the origin is: url: env.ORIGIN_EU.',
  path: "Say which paths the route is for: path: '/account/*'.",
  token: 'Give the proof that its origins will show: token: env.ORIGIN_TOKEN, or jwks with their public keys.',
  page: "Name the origin's own form: page: '/login'.",
  secret: 'Give the secret that CloudFront sends as X-Edge-Secret: secret: env.EDGE_SECRET.',
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object of exactly these settings: every one that is missing and every one that is unknown is told. */
export function strictObject<const Entries extends v.ObjectEntries>(entries: Entries) {
  const known = Object.keys(entries);
  return v.pipe(
    v.custom<Record<string, unknown>>(isObject, issue('is not an object', `Write { … } with ${listed(known)}.`)),
    v.looseObject(entries, ({ expected }) =>
      issue('is missing', howToAdd[String(expected).replaceAll('"', '')] ?? 'It has no default: add it.'),
    ),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.value) return;
      const input = dataset.value as Record<string, unknown>;
      for (const key of Object.keys(input)) {
        if (known.includes(key)) continue;
        const meant = nearestWord(key, known);
        addIssue({
          message: issue(
            'is not a setting',
            meant ? `Did you mean '${meant}'?` : `Take it away. What can stand here: ${listed(known)}.`,
          ),
          input: undefined,
          path: [{ type: 'object', origin: 'key', input, key, value: input[key] }],
        });
      }
    }),
  );
}

/** Valibot passes over these in silence. */
const unsafeNames = ['__proto__', 'prototype', 'constructor'];

/** An object whose keys are names of the user's own. */
export const recordOf = (name: v.GenericSchema<string, string>, value: v.GenericSchema, remedy: string) =>
  v.pipe(
    v.custom<Record<string, unknown>>(isObject, issue('is not an object', remedy)),
    v.check(
      (entries) => !unsafeNames.some((each) => Object.hasOwn(entries, each)),
      issue('has a name that JavaScript keeps for itself', `Use other names than ${listed(unsafeNames)}.`),
    ),
    v.record(name, value),
    v.check((entries) => Object.keys(entries).length > 0, issue('is empty', remedy)),
  );

export const arrayOf = (item: v.GenericSchema, remedy: string) => v.array(item, issue('is not a list', remedy));

export const nonEmptyArray = (item: v.GenericSchema, remedy: string) =>
  v.pipe(
    arrayOf(item, remedy),
    v.check((items) => items.length > 0, issue('is an empty list', remedy)),
  );

/** A list in which nothing may stand twice. */
export const uniqueArray = (item: v.GenericSchema, remedy: string) =>
  v.pipe(
    nonEmptyArray(item, remedy),
    v.check((items) => new Set(items).size === items.length, issue('names something twice', 'Keep each entry once.')),
  );

/** Ids of pools and origins. A token of RFC 9651 and part of a cookie's name as it stands; 32 keeps a pin short. */
export const id = matchingString(
  (value) => /^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(value),
  'is not a name we can use',
  "Begin with a letter and go on with letters, digits, '-' or '_', 32 characters at most.",
);

/** RFC 9110, section 5.6.2; RFC 6265, section 4.1.1 uses the same set for the names of cookies. */
export const tokenName = matchingString(
  (value) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(value),
  'is not a name that a cookie or a header can have',
  "Use letters, digits, '-' and '_', such as '__Host-session' or 'X-Session-ID'.",
);
export const method = matchingString(
  (value) => /^[A-Z][A-Z-]{0,31}$/.test(value),
  'is not an HTTP method',
  "Write methods in capitals, such as 'GET' or 'POST'.",
);

/** What a reply header can carry unchanged (RFC 9110, section 5.5). */
export const secret = matchingString(
  (value) => /^[\x21-\x7e]{1,1024}$/.test(value),
  'is empty, or has characters that a header cannot carry',
  'Use 1 to 1024 letters, digits and punctuation without spaces, such as the output of: openssl rand -base64 32',
);

/** Names of claims and of keys in session data. */
export const claimName = matchingString(
  (value) => value.length > 0 && value.length <= 128,
  'is not the name of a claim',
  'Write 1 to 128 characters.',
);

export const regionName = matchingString(
  (value) => /^[\w.-]{1,64}$/.test(value),
  'is not the name of a region',
  "Use letters, digits, '-', '_' and '.', such as 'eu' or 'us-east-1'.",
);

export const cidr = matchingString(
  (value) => parseCidr(value) !== null,
  'is not a network',
  "Write an address or a CIDR, such as '10.0.0.0/8' or '2001:db8::/32'.",
);
