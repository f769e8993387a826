/**
 * `npm run screens`: a picture of every view, in both themes, on a desk and on a phone, of a system with a
 * few hours of the simulated brand behind it.
 *
 *     docs/screens/<view>-<light|dark>-<wide|phone>.png
 *
 *     screens-main.ts [view …]      only these
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { giveUp, say } from '../../scripts/project.mjs';
import { launchBrowser, openPage, SCREEN_NAMES, show, THEMES } from './support/browser.ts';
import { startSystem } from './support/system.ts';
import { findViews, open, VIEW_NAMES } from './support/views.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'screens');
const BRAND = { historyMinutes: 240, tempo: 360, rate: 20 };
/** So long a view may gather live data before its picture is taken: lines want more than a point. */
const GATHER_MS = 8_000;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !VIEW_NAMES.includes(name));
if (unknown.length > 0) {
  giveUp(`no such view: ${unknown.join(', ')}; there are ${VIEW_NAMES.join(', ')}`);
}

say('starting a system with four hours of the simulated brand; this takes a minute or two');
const system = await startSystem(BRAND);
const browser = await launchBrowser();
try {
  mkdirSync(FOLDER, { recursive: true });
  const { page } = await openPage(browser);
  const hashes = await findViews(page, system.apiUrl);
  for (const [name, hash] of hashes) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await open(page, system.apiUrl, hash);
    await page.waitForTimeout(GATHER_MS);
    await picture(page, name);
  }
} finally {
  await browser.close();
  await system.stop();
}

/** What one sees without scrolling, in every look. */
async function picture(page: Page, name: string): Promise<void> {
  for (const theme of THEMES) {
    for (const screen of SCREEN_NAMES) {
      await show(page, { theme, screen });
      await page.screenshot({ path: join(FOLDER, `${name}-${theme}-${screen}.png`) });
    }
  }
  say(`${name}: ${THEMES.length * SCREEN_NAMES.length} pictures`);
}
