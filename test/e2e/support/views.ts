/**
 * Where each view of the dashboard is in a running system, found as a person finds it: those of the
 * navigation by their name, the others by the first link to one of them on the pages seen before. Where a
 * view leads to itself narrowed, as a matrix to its list, one such link is followed.
 * A view that is added to the registry is found without a line here.
 */
import type { Page } from 'playwright-core';
import { parseRoute } from '../../../dashboard/src/lib/route.ts';
import { VIEWS } from '../../../dashboard/src/lib/views.ts';
import { settled } from './browser.ts';

export const VIEW_NAMES = Object.keys(VIEWS);

/** Hashes of the views by name; one that no page leads to is missing. */
export async function findViews(page: Page, apiUrl: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [name, view] of Object.entries(VIEWS)) {
    if (view.group !== undefined) found.set(name, `#/${name}`);
  }
  const narrowed = new Set<string>();
  const pages = [...found.values()];
  // An array hands out what is added while it is walked.
  for (const hash of pages) {
    if (found.size === VIEW_NAMES.length) break;
    await open(page, apiUrl, hash);
    for (const link of await linksOf(page)) {
      const { path, query, view } = parseRoute(link);
      if (!(view in VIEWS)) continue;
      if (path.length > 0 && !found.has(view)) {
        found.set(view, link);
        pages.push(link);
      } else if (path.length === 0 && Object.keys(query).length > 0 && !narrowed.has(view)) {
        narrowed.add(view);
        pages.push(link);
      }
    }
  }
  return found;
}

/** Opens a view and waits until it has settled. */
export async function open(page: Page, apiUrl: string, hash: string): Promise<void> {
  // From elsewhere: a page that is there already shows the view before until it has the next one's code.
  await page.goto('about:blank');
  await page.goto(`${apiUrl}/${hash}`);
  await settled(page);
}

function linksOf(page: Page): Promise<string[]> {
  return page.evaluate(
    `Array.from(document.querySelectorAll('main a[href^="#/"]'), (a) => a.getAttribute('href'))`,
  );
}
