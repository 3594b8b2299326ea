/** Of the gateway, as `discovery` and the User-Agent of probes say it. Held to package.json by a test. */
export const version = '0.1.0';
