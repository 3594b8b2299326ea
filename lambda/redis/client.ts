/**
 * The few names of node-redis that the store needs, and the only file that imports it. It is itself imported lazily, so
 * that a function without a Redis does not pay for it.
 */
export { createClient, ErrorReply } from '@redis/client';
