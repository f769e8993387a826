/**
 * A data analyst's way from a tile of the board to a file of their own: the query behind the tile, changed,
 * run, looked at as table and chart, and exported. What the file holds is what was shown.
 */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { useClickHouse } from '../support/servers.ts';
import { launchBrowser, openPage } from './support/browser.ts';
import { open } from './support/views.ts';

const { apiUrl } = inject('system');
/** Reads the file back: another engine than the one that wrote it. */
const clickhouse = useClickHouse();

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** The first minutes of orders that the tile shows: nothing comes to them any more. */
const MINUTES = 5;

test("an analyst takes a tile's query, changes it, and exports what it shows as Parquet", async () => {
  const watched = await openPage(browser);
  const { page } = watched;
  await open(page, apiUrl, '#/');
  await page.getByRole('link', { name: /Backorder rate/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Backorder rate' });
  await dialog.getByRole('link', { name: 'Open its SQL' }).click();

  // It is in the editor, and not run until somebody asks for it.
  await page.getByRole('heading', { level: 1, name: 'SQL' }).waitFor();
  const editor = page.getByRole('textbox', { name: 'SQL query' });
  await editor.filter({ hasText: 'ORDER BY from_utc' }).waitFor();
  expect(await editor.textContent()).toContain('-- K08 Backorder rate');
  await page.getByText('No result yet').waitFor();

  const step = editor.locator('.cm-line', { hasText: 'toStartOfHour(at)' });
  await step.dblclick({ position: { x: 60, y: 10 } });
  await page.keyboard.insertText('toStartOfMinute');
  await editor.filter({ hasText: 'toStartOfMinute(at)' }).waitFor();
  await editor.press('ControlOrMeta+End');
  await page.keyboard.insertText(`\nLIMIT ${MINUTES}`);
  await page.keyboard.press('ControlOrMeta+Enter');

  const table = page.getByRole('table', { name: 'Result' });
  await table.waitFor();
  const shown = await cellsOf(page);
  expect(shown).toHaveLength(1 + MINUTES);
  expect(shown[0]).toEqual(['from_utc', 'value', 'numerator', 'denominator']);
  await page.waitForURL((url) => url.href.includes(`LIMIT+${MINUTES}`));

  await page.getByRole('button', { name: 'Chart' }).click();
  await page.getByRole('region', { name: 'Result' }).locator('canvas').waitFor();

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Parquet' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('result.parquet');
  await page.getByRole('status').filter({ hasText: 'Exported result.parquet' }).waitFor();

  const bytes = readFileSync(await file.path());
  expect(bytes.subarray(0, 4).toString()).toBe('PAR1');
  expect(bytes.subarray(-4).toString()).toBe('PAR1');
  expect(await rowsOfParquet(bytes)).toEqual(shown.slice(1));
  expect(watched.takeTroubles()).toEqual([]);
});

/** Head and rows of the result as they are read, a cell each. */
async function cellsOf(page: Page): Promise<string[][]> {
  const rows = page.getByRole('table', { name: 'Result' }).getByRole('row');
  const [head, ...rest] = await rows.all();
  if (head === undefined) throw new Error('a table without a head');
  const names = head.getByRole('columnheader').locator('.name').allTextContents();
  return Promise.all([names, ...rest.map((row) => row.getByRole('cell').allTextContents())]);
}

/** The rows of a Parquet file, each cell as ClickHouse writes it. */
async function rowsOfParquet(bytes: Buffer): Promise<string[][]> {
  await clickhouse.client.command({
    query: `CREATE TABLE exported
            (from_utc DateTime('UTC'), value Nullable(Decimal(38, 6)), numerator Decimal(38, 6), denominator Decimal(38, 6))
            ENGINE = Memory`,
  });
  const query = new URLSearchParams({
    database: 'test',
    query: 'INSERT INTO exported FORMAT Parquet',
  });
  const sent = await fetch(`${clickhouse.url}/?${query.toString()}`, {
    method: 'POST',
    body: bytes,
  });
  expect(sent.status, await sent.text()).toBe(200);
  const read = await clickhouse.rows<Record<string, string | null>>(
    'SELECT * APPLY toString FROM exported',
  );
  return read.map((row) => Object.values(row).map((cell) => cell ?? 'NULL'));
}
