/**
 * The configuration of the gateway, for both platforms. docs/configuration.md explains every setting and its default.
 * `npm run check:config` lists all errors in this file and how to fix them.
 */
import { defineGateway } from './shared/config/define.ts';

export default defineGateway((env) => ({
  // The public address of your site. Berth signs with the first one as its name.
  publicOrigins: [env.PUBLIC_ORIGIN ?? 'http://localhost:8787'],

  // Session records are kept in Workers KV on Cloudflare and in DynamoDB on AWS.
  session: { strategy: 'stored' },

  pools: {
    app: {
      // The same application in three regions. Each client gets the nearest one and stays there.
      origins: [
        { id: 'eu', url: env.ORIGIN_EU, region: 'eu' },
        { id: 'us', url: env.ORIGIN_US, region: 'us-east-1' },
        { id: 'ap', url: env.ORIGIN_AP, region: 'ap-northeast-1' },
      ],
      // The application sends this token with each Session-* response header, to prove that the header is its own.
      commands: { token: env.ORIGIN_TOKEN },
    },
  },

  // The first match wins; the last must match everything.
  routes: [
    // A successful response of the application's own login handler begins a session.
    { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
    { path: '/account/*', pool: 'app', session: 'required' },
    { path: '/assets/*', pool: 'app', session: 'off', cache: 'edge' },
    { path: '/*', pool: 'app', session: 'optional' },
  ],

  // Users who must sign in first are sent here.
  login: { page: '/login', returnParam: 'return_to' },
}));
