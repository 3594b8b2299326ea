/**
 * What Cloudflare names a request. The load writes another one into every request it sends: with a single one a gateway
 * that remembers whole headers would look faster than it is.
 */
export const ray = '8f1d2c3b4a5e6f70';
