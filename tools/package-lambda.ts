/** `osls` runs this before packaging: it checks the configuration and bundles the function into dist/lambda. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckOptions, checkConfig, configWarnings, formatProblems, formatWarnings } from './check-config.ts';
import { bundleFunction, root } from './lambda-runtime/bundle.ts';

// The machine that packages need not have the secrets. The function checks them when it starts.
const options: CheckOptions = { strictSecrets: false, door: 'lambda' };
const { problems } = await checkConfig(process.env, options);
const warnings = await configWarnings(process.env, options);
if (warnings.length > 0) console.error(formatWarnings(warnings));
if (problems.length > 0) {
  console.error(formatProblems(problems));
  process.exit(1);
}
const folder = join(root, 'dist/lambda');
// Parts of an earlier bundle have other names and would be deployed too.
await rm(folder, { recursive: true, force: true });
await bundleFunction(folder);
