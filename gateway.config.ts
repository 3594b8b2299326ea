/**
 * What this gateway does, for both doors: edit this file and deploy. Every setting, with its default, is in
 * docs/configuration.md; `npm run check:config` tells what is wrong and how to mend it.
 */
import { defineGateway } from './shared/config/define.ts';

export default defineGateway((env) => ({
  // Where people reach your site. The first is the name the gateway signs with.
  publicOrigins: [env.PUBLIC_ORIGIN ?? 'http://localhost:8787'],

  // Records live in Workers KV behind the one door and in DynamoDB behind the other.
  session: { strategy: 'stored' },

  pools: {
    app: {
      // The same application in three places. Each client is berthed at the nearest one and stays there.
      origins: [
        { id: 'eu', url: env.ORIGIN_EU, region: 'eu' },
        { id: 'us', url: env.ORIGIN_US, region: 'us-east-1' },
        { id: 'ap', url: env.ORIGIN_AP, region: 'ap-northeast-1' },
      ],
      // The application shows this token beside a Session-* reply header, so that the gateway knows whose it is.
      commands: { token: env.ORIGIN_TOKEN },
    },
  },

  // The first match wins; the last must match everything.
  routes: [
    // A good reply of the application's own login handler begins a session.
    { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
    { path: '/account/*', pool: 'app', session: 'required' },
    { path: '/assets/*', pool: 'app', session: 'off', cache: 'edge' },
    { path: '/*', pool: 'app', session: 'optional' },
  ],

  // Where somebody is sent who has to sign in first.
  login: { page: '/login', returnParam: 'return_to' },
}));
