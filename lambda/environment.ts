/** What serverless.yml declares, and the one place where the function reads its environment. */

export interface Environment {
  /** Everything, for the configuration: it may ask for any name (`ORIGIN_EU`, `ORIGIN_TOKEN`, a name of your own). */
  readonly all: Readonly<Record<string, string | undefined>>;
  /** Region of this function, set by Lambda itself. */
  readonly region: string | null;
  /** Name of the DynamoDB table of the `dynamodb` store, from `SESSION_TABLE`. */
  readonly sessionTable: string | null;
  /** Where the `redis` store is, from `REDIS_URL`. Often with a password in it: never to be logged. */
  readonly redisUrl: string | null;
}

/**
 * Every variable that serverless.yml hands to the function, with what it is for. A test holds the two to each other.
 * Others that the configuration asks for are added there and need no line here.
 */
export const declaredVariables = {
  SESSION_KEYS: 'private JWK Set: signs tokens and snapshots, seals records and pins, signs assertions',
  GATEWAY_TOKENS: 'service credentials, by the SHA-256 of each token',
  SESSION_TABLE: 'DynamoDB table of the dynamodb store',
  REDIS_URL: 'where the redis store is, its password included',
  DEV_HEADERS: '1: honour the Dev-* headers; refused unless every public origin is a loopback address',
  PUBLIC_ORIGIN: 'the public origin that the configuration file names',
  ORIGIN_EU: 'an origin that the configuration file names',
  ORIGIN_US: 'an origin that the configuration file names',
  ORIGIN_AP: 'an origin that the configuration file names',
  ORIGIN_TOKEN: 'proof that a Session-* reply header is the origin’s',
} as const;

export function readEnvironment(all: Readonly<Record<string, string | undefined>>): Environment {
  // serverless.yml hands on what is not set as empty text.
  const set = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  return {
    all: set,
    region: set.AWS_REGION ?? null,
    sessionTable: set.SESSION_TABLE ?? null,
    redisUrl: set.REDIS_URL ?? null,
  };
}
