/**
 * A headless Chromium and its pages, as the tests, the screenshots and the bench of the dashboard use
 * them. A page remembers what went wrong in it: errors on its console, errors that nobody caught,
 * requests that failed or were refused.
 */
import { chromium, type Browser, type Page } from 'playwright-core';
import { ensureChromium } from '../../../scripts/chromium.mjs';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** A desk and a phone. */
export const SCREENS = {
  wide: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const;
export type ScreenName = keyof typeof SCREENS;
export const SCREEN_NAMES = Object.keys(SCREENS) as ScreenName[];

/** What a page waits for on a machine that is busy. */
const PATIENCE_MS = 60_000;
/** What stands where something is still awaited. */
const BUSY = '.spinner, [aria-busy="true"]';
const DRAWN = `document.fonts.ready.then(
  () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn()))),
)`;

export interface WatchedPage {
  readonly page: Page;
  /** What went wrong since it was last taken. */
  takeTroubles(): string[];
}

export function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: ensureChromium(), args: [...FLAGS, ...flags] });
}

/** A page in a browser profile of its own, on a desk until told otherwise. */
export async function openPage(
  browser: Browser,
  { screen = 'wide', theme = 'light' }: { screen?: ScreenName; theme?: Theme } = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({
    viewport: SCREENS[screen],
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
  page.setDefaultTimeout(PATIENCE_MS);
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`uncaught: ${error.message}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // What a page gives up because one left it is no failure.
    if (why !== 'net::ERR_ABORTED') troubles.push(`${request.url()}: ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.url()}: ${response.status()}`);
  });
  return { page, takeTroubles: () => troubles.splice(0) };
}

export async function show(page: Page, options: { screen: ScreenName; theme: Theme }) {
  await page.emulateMedia({ colorScheme: options.theme });
  await page.setViewportSize(SCREENS[options.screen]);
  await settled(page);
}

/** Resolves when the view is there, has what it asked for, and was drawn. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor();
  await page.locator('main').locator(BUSY).first().waitFor({ state: 'detached' });
  await page.evaluate(DRAWN);
}
