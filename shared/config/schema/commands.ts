import * as v from 'valibot';
import { choice, strictObject } from './object.ts';
import { arrayOf, claimName, issue, nonEmptyArray, oneOf, secret, text, uniqueArray } from './values.ts';

const commandNames = ['issue', 'update', 'rotate', 'end'] as const;

const limits = {
  /** What the origins may do: begin, change, rotate and end sessions. @default ['issue', 'update', 'rotate', 'end'] */
  may: v.optional(uniqueArray(oneOf(...commandNames), "Write a list such as ['issue', 'end']."), commandNames),
  /** The claims that they may set. Required where several pools may issue. @default any */
  claims: v.optional(arrayOf(claimName, "Write a list of claim names, such as ['role'], or [] for none.")),
};
const absent = v.optional(
  v.custom<undefined>((value) => value === undefined, issue('stands beside token', 'Keep one proof: token or jwks.')),
);

const byToken = strictObject({
  /** Proof of the origin, this or `jwks`: it repeats the token in the reply header `Session-Origin-Token`. */
  token: secret,
  jwks: absent,
  ...limits,
});

type PublicKey = Readonly<Record<string, unknown>>;
export type CommandName = (typeof commandNames)[number];
export interface Commands {
  /** How a `Session-*` reply header is proved to be the origin's. */
  readonly proof:
    | { readonly kind: 'token'; readonly token: string }
    | { readonly kind: 'jwks'; readonly jwks: { readonly keys: readonly PublicKey[] } };
  readonly may: readonly CommandName[];
  /** Claims that the pool may set; `null`: any. */
  readonly claims: readonly string[] | null;
}

const byKeys = strictObject({
  token: absent,
  /** Proof of the origin, this or `token`: the public keys (JWK Set) of the signatures of its commands. */
  jwks: v.pipe(
    v.custom<{ readonly keys: readonly PublicKey[] }>(
      (value) => typeof value === 'object' && value !== null,
      issue('is not a JWK Set', 'Write { keys: [ … ] }.'),
    ),
    v.looseObject(
      {
        keys: nonEmptyArray(
          v.pipe(
            v.looseObject(
              { kty: text, kid: v.optional(text), alg: v.optional(text) },
              issue('is not a JWK', 'Put the public key in as an object with kty.'),
            ),
            v.check(
              (key) => ['EC', 'OKP', 'RSA'].includes(key.kty) && !('k' in key),
              issue('is not a public key', "Use keys with kty 'EC', 'OKP' or 'RSA'; a shared secret belongs in token."),
            ),
            v.check(
              (key) => !['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'].some((member) => member in key),
              issue(
                'is a private key',
                'Put only the public half here, and give the origin a new pair: this one has been shared.',
              ),
            ),
          ),
          'Write a list of public keys.',
        ),
      },
      issue('has no keys', 'Write { keys: [ … ] }.'),
    ),
  ),
  ...limits,
});

const given = choice(
  (input) =>
    typeof input === 'object' && input !== null && 'jwks' in input && !('token' in input) ? 'byKeys' : 'byToken',
  { byToken, byKeys },
);

export type CommandsInput = v.InferInput<typeof given>;

export const commandsSchema = v.pipe(
  given,
  v.transform(
    ({ token, jwks, may, claims }): Commands => ({
      proof: jwks ? { kind: 'jwks', jwks } : { kind: 'token', token: token as string },
      may,
      claims,
    }),
  ),
);

/** With the defaults of what is left out. */
export const mayIssue = ({ may = limits.may.default }: { readonly may?: readonly string[] | undefined }): boolean =>
  may.includes('issue');
