/**
 * Where each view of the dashboard is in a running system, found as a person finds it: those of the
 * navigation by their name, the others by the first link to one of them on the view that they are under;
 * where that leads only to itself narrowed, as a matrix to its list, on what is behind such a link.
 * A view that is added to the registry is found without a line here.
 */
import type { Page } from 'playwright-core';
import { VIEWS } from '../../../dashboard/src/lib/views.ts';
import { settled } from './browser.ts';

export const VIEW_NAMES = Object.keys(VIEWS);

/** Hashes of the views by name; one that nothing leads to is missing. */
export async function findViews(page: Page, apiUrl: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [name, { group }] of Object.entries(VIEWS)) {
    if (group !== undefined) found.set(name, `#/${name}`);
  }
  for (const [name, { group, under }] of Object.entries(VIEWS)) {
    const from = under === undefined ? undefined : found.get(under);
    if (group !== undefined || from === undefined) continue;
    found.set(name, await firstLink(page, { apiUrl, from, name }));
  }
  return found;
}

/** The first link to a view of one thing, from the view `from` on. */
async function firstLink(
  page: Page,
  { apiUrl, from, name }: { apiUrl: string; from: string; name: string },
): Promise<string> {
  await open(page, apiUrl, from);
  const links = page.locator(`main a[href^="#/${name}/"]`);
  const narrowed = page.locator(`main a[href^="${from}?"]`);
  await links.or(narrowed).first().waitFor();
  if ((await links.count()) === 0) {
    await open(page, apiUrl, (await narrowed.first().getAttribute('href')) ?? from);
    await links.first().waitFor();
  }
  return (await links.first().getAttribute('href')) ?? from;
}

/** Opens a view and waits until it has settled. */
export async function open(page: Page, apiUrl: string, hash: string): Promise<void> {
  // From elsewhere: a page that is there already shows the view before until it has the next one's code.
  await page.goto('about:blank');
  await page.goto(`${apiUrl}/${hash}`);
  await settled(page);
}
