/**
 * Every view of the registry, in both themes, on a desk and on a phone: nothing that axe objects to, no
 * error, no request that fails, nothing that makes the page scroll sideways.
 */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { violations } from './support/axe.ts';
import {
  launchBrowser,
  openPage,
  SCREEN_NAMES,
  show,
  THEMES,
  type WatchedPage,
} from './support/browser.ts';
import { findViews, open, VIEW_NAMES } from './support/views.ts';

const { apiUrl } = inject('system');
const LOOKS = THEMES.flatMap((theme) => SCREEN_NAMES.map((screen) => ({ theme, screen })));

/** The colour of every element of the view. */
const INKS = `[...document.querySelectorAll('main *')].map((one) => getComputedStyle(one).color)`;

let browser: Browser;
let watched: WatchedPage;
let hashes: Map<string, string>;

beforeAll(async () => {
  browser = await launchBrowser();
  watched = await openPage(browser);
  hashes = await findViews(watched.page, apiUrl);
});
afterAll(() => browser.close());

test('each view is reached from the navigation or from another view', () => {
  expect(VIEW_NAMES.filter((name) => !hashes.has(name))).toEqual([]);
});

test('a change of theme reaches all of a page at once, for whoever asked for less motion', async () => {
  await open(watched.page, apiUrl, '#/policies');
  await show(watched.page, { screen: 'wide', theme: 'dark' });
  await watched.page.emulateMedia({ colorScheme: 'light' });
  const atOnce = await watched.page.evaluate(INKS);
  await show(watched.page, { screen: 'wide', theme: 'light' });
  expect(atOnce).toEqual(await watched.page.evaluate(INKS));
});

describe.each(VIEW_NAMES)('%s', (name) => {
  beforeAll(async () => {
    await open(watched.page, apiUrl, hashes.get(name) ?? `#/${name}`);
  });
  afterEach(() => {
    expect(watched.takeTroubles()).toEqual([]);
  });

  test.each(LOOKS)('is accessible and fits: $theme, $screen', async (look) => {
    await show(watched.page, look);
    expect(await violations(watched.page)).toEqual([]);
    expect(await sidewaysPx(watched)).toBe(0);
  });
});

/** How far the page scrolls sideways. */
function sidewaysPx({ page }: WatchedPage): Promise<number> {
  return page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
}
