// osls runs this before packaging: it checks the configuration and bundles the function. CommonJS, because osls loads a plugin
// from a path that way. The work is in tools/package-lambda.ts.
'use strict';
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

module.exports = class PackagePlugin {
  constructor(serverless) {
    this.hooks = {
      'before:package:initialize': () => {
        const script = join(__dirname, '../tools/package-lambda.ts');
        const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
        if (status !== 0) throw new serverless.classes.Error('Nothing was packaged. The reason is above.');
      },
    };
  }
};
