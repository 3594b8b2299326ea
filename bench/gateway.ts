/** The gateway under test: the shipped configuration, with one origin in the place of all three. */
import { freshKeys } from '../tools/keys.ts';

export const publicOrigin = 'http://localhost:8787';
export const publicHost = new URL(publicOrigin).host;

/** Replaces gateway.config.ts. `SESSION` selects how sessions are kept. */
export const gatewayConfig = `
import { defineGateway } from './shared/config/define.ts';

export default defineGateway((env) => ({
  publicOrigins: [env.PUBLIC_ORIGIN],
  session: env.SESSION === 'token' ? { strategy: 'token' } : { strategy: 'stored', store: { worker: 'kv', lambda: 'dynamodb' } },
  pools: {
    app: {
      origins: [
        { id: 'eu', url: env.ORIGIN, region: 'eu' },
        { id: 'us', url: env.ORIGIN, region: 'us-east-1' },
        { id: 'ap', url: env.ORIGIN, region: 'ap-northeast-1' },
      ],
      commands: { token: env.ORIGIN_TOKEN },
    },
  },
  routes: [
    { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
    { path: '/account/*', pool: 'app', session: 'required' },
    { path: '/assets/*', pool: 'app', session: 'off', cache: 'edge' },
    { path: '/*', pool: 'app', session: 'optional' },
  ],
  login: { page: '/login', returnParam: 'return_to' },
}));
`;

export async function gatewayVariables(
  session: 'token' | 'stored',
  origin: { readonly port: number; readonly token: string },
): Promise<Record<string, string>> {
  return {
    PUBLIC_ORIGIN: publicOrigin,
    SESSION: session,
    ORIGIN: `http://127.0.0.1:${origin.port}`,
    ORIGIN_TOKEN: origin.token,
    SESSION_KEYS: JSON.stringify(await freshKeys()),
  };
}
