/** What `osls` runs before it packages: a bad configuration stops here; a good one is bundled into dist/lambda. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckOptions, checkConfig, configWarnings, formatProblems, formatWarnings } from './check-config.ts';
import { bundleFunction, root } from './lambda-runtime/bundle.ts';

// Whoever packages need not hold the secrets; they are checked again where the function starts.
const options: CheckOptions = { strictSecrets: false, door: 'lambda' };
const { problems } = await checkConfig(process.env, options);
const warnings = await configWarnings(process.env, options);
if (warnings.length > 0) console.error(formatWarnings(warnings));
if (problems.length > 0) {
  console.error(formatProblems(problems));
  process.exit(1);
}
const folder = join(root, 'dist/lambda');
// Parts of an earlier bundle have other names and would be deployed along.
await rm(folder, { recursive: true, force: true });
await bundleFunction(folder);
