/** What a single setting can be, and what is reported when it is something else. */
import * as v from 'valibot';
import { parseCidr } from '../../client/address.ts';
import { type Duration, durationMs, formatDuration, parseDuration } from '../durations.ts';
import type { FromEnvironment } from '../environment.ts';
import { type IssueText, listed, nearestWord } from '../issues.ts';

/** Valibot has one text per rule. Ours are two, what is wrong and how to fix it, as two lines. */
export const issue = (message: string, remedy: string): string => `${message}\n${remedy}`;

export const text = v.string(issue('is not text', 'Put it in quotes.'));
export const flag = v.boolean(issue('is neither true nor false', 'Write true or false, without quotes.'));

/** Text with one rule. */
export const matchingString = (isValid: (value: string) => boolean, message: string, remedy: string) =>
  v.pipe(text, v.check(isValid, issue(message, remedy)));

/** Text with several rules: `issueWith` returns the first that is broken. */
export const checkedString = (issueWith: (value: string) => IssueText | null) =>
  v.pipe(
    text,
    v.rawCheck(({ dataset, addIssue }) => {
      const found = dataset.typed ? issueWith(dataset.value) : null;
      if (found) addIssue({ message: issue(found.message, found.remedy) });
    }),
  );

/** A value that usually comes from a variable. TypeScript accepts `env.NAME`; one that is not set is an issue. */
export const fromEnvironment = <Schema extends v.GenericSchema<string, unknown>>(schema: Schema) =>
  schema as unknown as v.GenericSchema<FromEnvironment, v.InferOutput<Schema>>;

export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  v.picklist(words, ({ input }) => {
    const meant = typeof input === 'string' ? nearestWord(input, words) : null;
    const choices = listed(
      words.map((word) => `'${word}'`),
      'or',
    );
    return issue('is not one of the choices', `${meant ? `Did you mean '${meant}'? ` : ''}Write ${choices}.`);
  });

export function number(min: number, max: number) {
  const remedy = `Write a number from ${min} to ${max}.`;
  const schema = v.pipe(
    v.number(issue('is not a number', `${remedy.slice(0, -1)}, without quotes.`)),
    v.check((value) => value >= min && value <= max, issue('is out of bounds', remedy)),
  );
  return Object.assign(schema, { bounds: [min, max] as const });
}

export const wholeNumber = (min: number, max: number) =>
  v.pipe(
    number(min, max),
    v.check(
      (value) => Number.isInteger(value),
      issue('is not a whole number', `Write a whole number from ${min} to ${max}.`),
    ),
  );

/** A number of bytes; the setting comes out with `Bytes` at the end of its name. */
export const bytes = (max: number) => Object.assign(wholeNumber(0, max), { unit: 'Bytes' as const });

/** Browsers drop cookies after 400 days (RFC 6265bis, section 5.5). */
const maxDurationMs = 400 * 86_400_000;

/** Comes out in milliseconds, with `Ms` at the end of the setting's name. */
export function duration({ minMs = 1000, maxMs = maxDurationMs } = {}) {
  const remedy = `Write a whole number and a unit, such as '30s', '15m', '12h' or '7d', from ${formatDuration(minMs)} to ${formatDuration(maxMs)}.`;
  const isInBounds = (value: Duration): boolean => {
    const ms = parseDuration(value);
    return ms === null || (ms >= minMs && ms <= maxMs);
  };
  const schema = v.pipe(
    v.custom<Duration>(
      (value) => typeof value === 'string' && parseDuration(value) !== null,
      issue('is not a duration', remedy),
    ),
    v.check(isInBounds, issue('is out of bounds', remedy)),
    v.transform(durationMs),
  );
  return Object.assign(schema, { unit: 'Ms' as const, bounds: [minMs, maxMs] as const });
}

interface ArraySchema<Item extends v.GenericSchema>
  extends v.GenericSchema<readonly v.InferInput<Item>[], readonly v.InferOutput<Item>[]> {
  readonly item: Item;
}

export const arrayOf = <Item extends v.GenericSchema>(item: Item, remedy: string): ArraySchema<Item> =>
  v.array(item, issue('is not a list', remedy)) as v.GenericSchema as ArraySchema<Item>;

export const nonEmptyArray = <Item extends v.GenericSchema>(item: Item, remedy: string): ArraySchema<Item> =>
  v.pipe(
    arrayOf(item, remedy),
    v.check((items) => items.length > 0, issue('is an empty list', remedy)),
  ) as v.GenericSchema as ArraySchema<Item>;

/** Without duplicates. */
export const uniqueArray = <Item extends v.GenericSchema>(item: Item, remedy: string): ArraySchema<Item> =>
  v.pipe(
    nonEmptyArray(item, remedy),
    v.check((items) => new Set(items).size === items.length, issue('names something twice', 'Keep each entry once.')),
  ) as v.GenericSchema as ArraySchema<Item>;

/** Ids of pools and origins: a token of RFC 9651 and part of a cookie's name, without quoting. Short, for the pin's sake. */
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

/** What a header can carry unchanged (RFC 9110, section 5.5). */
export const secret = fromEnvironment(
  matchingString(
    (value) => /^[\x21-\x7e]{1,1024}$/.test(value),
    'is empty, or has characters that a header cannot carry',
    'Use 1 to 1024 letters, digits and punctuation without spaces, such as the output of: openssl rand -base64 32',
  ),
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

export const sameSite = oneOf('Lax', 'Strict', 'None');
export const sockets = oneOf('pass', 'watched', 'off');
/** A Lambda function runs for at most 15 minutes. */
export const originTimeout = duration({ maxMs: 15 * 60_000 });
