// Run by osls: checks the configuration and bundles the function before anything is packaged. CommonJS, because that is
// how osls loads a plugin from a path; the work is in tools/package-lambda.ts.
'use strict';
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

module.exports = class PackagePlugin {
  constructor(serverless) {
    this.hooks = {
      'before:package:initialize': () => {
        const script = join(__dirname, '../tools/package-lambda.ts');
        const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
        if (status !== 0) throw new serverless.classes.Error('Nothing was packaged; the reason is above.');
      },
    };
  }
};
