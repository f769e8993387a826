/** What axe finds wrong with a page by WCAG 2.2, levels A and AA. */
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];

/** One line for each element that breaks a rule; none when all is well. */
export async function violations(page: Page): Promise<string[]> {
  // By the debugger, since the page's own policy lets nobody add a script to it.
  await page.evaluate(axe.source);
  const options = { runOnly: { type: 'tag', values: LEVELS }, resultTypes: ['violations'] };
  const found: AxeResults = await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`);
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ failureSummary, target }) => `${id} ${target.join(' ')}: ${failureSummary}`),
  );
}
