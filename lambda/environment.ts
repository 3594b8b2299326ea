/** The function's environment, as serverless.yml declares it. Nothing else reads it. */

export interface Environment {
  /** Everything, for the configuration, which may read any name (`ORIGIN_EU`, `ORIGIN_TOKEN`, a name of your own). */
  readonly all: Readonly<Record<string, string | undefined>>;
  /** Region of this function. Set by Lambda. */
  readonly region: string | null;
  /** DynamoDB table of the `dynamodb` store, from `SESSION_TABLE`. */
  readonly sessionTable: string | null;
  /** Address of the `redis` store, from `REDIS_URL`. May contain a password: never log it. */
  readonly redisUrl: string | null;
  /** How that Redis runs, from `REDIS_MODE`. */
  readonly redisMode: string | null;
  /** Each a PEM text or the path of one. `REDIS_CA` signs the server's certificate; the others are the function's own. */
  readonly redisTls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null };
}

/**
 * The variables in serverless.yml, and their purpose. A test compares the two lists. A variable of your own is added to
 * serverless.yml and needs no line here.
 */
export const declaredVariables = {
  SESSION_KEYS: 'private JWK Set: signs tokens and snapshots, seals records and pins, signs assertions',
  GATEWAY_TOKENS: 'service credentials, by the SHA-256 of each token',
  SESSION_TABLE: 'DynamoDB table of the dynamodb store',
  REDIS_URL: 'address of the redis store, including its password',
  REDIS_MODE: 'how that Redis runs: single',
  REDIS_CA: "certificate of the authority that signed that Redis' certificate: PEM, or a path",
  REDIS_CERT: "the function's certificate for that Redis: PEM, or a path",
  REDIS_KEY: 'the key of REDIS_CERT: PEM, or a path',
  DEV_HEADERS: '1: honour the Dev-* headers; refused unless every public origin is a loopback address',
  PUBLIC_ORIGIN: 'the public origin, read by the configuration file',
  ORIGIN_EU: 'an origin, read by the configuration file',
  ORIGIN_US: 'an origin, read by the configuration file',
  ORIGIN_AP: 'an origin, read by the configuration file',
  ORIGIN_TOKEN: 'proves that a Session-* response header comes from the origin',
} as const;

export function readEnvironment(all: Readonly<Record<string, string | undefined>>): Environment {
  // serverless.yml passes an unset variable as an empty text.
  const set = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  return {
    all: set,
    region: set.AWS_REGION ?? null,
    sessionTable: set.SESSION_TABLE ?? null,
    redisUrl: set.REDIS_URL ?? null,
    redisMode: set.REDIS_MODE ?? null,
    redisTls: { ca: set.REDIS_CA ?? null, cert: set.REDIS_CERT ?? null, key: set.REDIS_KEY ?? null },
  };
}
