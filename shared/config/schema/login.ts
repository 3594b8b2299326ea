import * as v from 'valibot';
import { pathIssue } from '../urls.ts';
import { choice, recordOf, strictObject } from './object.ts';
import {
  checkedString,
  claimName,
  fromEnvironment,
  id,
  matchingString,
  oneOf,
  secret,
  text,
  uniqueArray,
} from './values.ts';

const ownPage = strictObject({
  /** The path of the origin's own login form. */
  page: checkedString(pathIssue),
  /** The query parameter that says where to go after the login. @default 'return_to' */
  returnParam: v.optional(
    matchingString(
      (value) => /^[A-Za-z0-9_.-]{1,64}$/.test(value),
      'is not the name of a query parameter',
      "Use letters, digits, '_', '.' and '-', such as 'return_to'.",
    ),
    'return_to',
  ),
});

const provider = strictObject({
  /** The provider's issuer URL. Not built yet. */
  issuer: fromEnvironment(
    matchingString((value) => /^https:\/\/\S+$/.test(value), 'is not an https URL', "Write the provider's issuer URL."),
  ),
  /** The client id that the provider gave. */
  clientId: fromEnvironment(text),
  /** The client secret that the provider gave. @default a public client */
  clientSecret: v.optional(secret),
  /** The scopes to ask for. */
  scopes: v.optional(uniqueArray(text, "Write a list such as ['openid', 'profile'].")),
  /** Session claims and the provider's names for them: `{ role: 'groups' }`. */
  claims: v.optional(
    recordOf(claimName, text, "Write session claims and the provider's names, such as { role: 'groups' }."),
  ),
  /** The `prompt` of the authorization request. */
  prompt: v.optional(text),
  /** The `acr_values` of the authorization request. */
  acrValues: v.optional(uniqueArray(text, "Write a list such as ['urn:mace:incommon:iap:silver'].")),
  /** How the provider sends people back. @default 'query' */
  responseMode: v.optional(oneOf('query', 'form_post'), 'query'),
});

const providers = strictObject({
  /** Several providers, each with the settings of one, by the name that `/login?provider=` takes. Not built yet. */
  providers: recordOf(id, provider, 'Write providers by name, such as { staff: { issuer: … } }.'),
});

const login = choice(
  (input) => {
    if (typeof input !== 'object' || input === null) return 'ownPage';
    if ('providers' in input) return 'providers';
    return 'issuer' in input ? 'provider' : 'ownPage';
  },
  { ownPage, provider, providers },
);

/** Providers are checked and then left out: they are not built yet. */
export const loginSchema = v.pipe(
  login,
  v.transform((given) => ('page' in given ? { kind: 'page' as const, ...given } : { kind: 'none' as const })),
);
