/**
 * A real Chromium for the journeys that only a browser can tell. Looked for in this order: `CHROMIUM_PATH`, a Chromium
 * or Chrome of the system, and last the binary that the package `@sparticuz/chromium` ships, which needs nothing
 * installed.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const systemNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

// No sandbox: containers lack the privileges for it, and the pages are our own. No calls home: tests run offline.
const quiet = ['--no-sandbox', '--disable-background-networking', '--disable-component-update'];

/** The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const path = process.env.CHROMIUM_PATH || systemChromium();
  if (path) return chromium.launch({ executablePath: path, args: quiet });
  // Not the package's own arguments: they switch off web security and run everything in one process.
  const { default: packaged } = await import('@sparticuz/chromium');
  return chromium.launch({ executablePath: await packaged.executablePath(), args: quiet });
}

function systemChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.flatMap((folder) => systemNames.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
