/** The only file that imports node-redis. It is loaded on first use, so that a function without Redis does not pay for it. */
export { createClient, ErrorReply } from '@redis/client';
