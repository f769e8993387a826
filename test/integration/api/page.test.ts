/**
 * The dashboard in a real browser, over the real API and stock processor. Runs where Chromium is
 * installed (CHROMIUM names it, or it is at its usual place); everything else is tested without it.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { append, event } from '../../support/log.ts';
import {
  connect,
  startRuntime,
  type Plumbing,
  type RunningRuntime,
} from '../../support/runtime.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { startProcess, type RunningProcess } from './support.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const DASHBOARD = fileURLToPath(new URL('../../../dashboard', import.meta.url));

describe.skipIf(!existsSync(executablePath))('the page', () => {
  const nats = useNats();
  const clickhouse = useClickHouse();
  let plumbing: Plumbing;
  let runtime: RunningRuntime;
  let api: RunningProcess;
  let browser: Browser;
  let adjustments = 0;

  const adjusted = (sku_id: string, qty_delta: number) => {
    const id = `a${++adjustments}`;
    return event(
      'inventory.adjusted',
      {
        adjustment_id: id,
        sku_id,
        node_id: 'dc-01',
        state: 'available',
        qty_delta,
        reason_code: 'correction',
        raw_code: '06',
        actor: 'u1',
      },
      { id, time: new Date().toISOString() },
    );
  };

  beforeAll(async () => {
    if (!existsSync(`${DASHBOARD}/dist/index.html`)) {
      await build({ root: DASHBOARD, logLevel: 'error' });
    }
    const { url, user, pass } = nats;
    plumbing = await connect({ url, user, pass }, clickhouse);
    runtime = await startRuntime(plumbing, { limits: { flushMs: 50 } });
    api = await startProcess('api/main.ts', {
      portVariable: 'API_PORT',
      env: {
        NATS_URL: url,
        NATS_USER: user,
        NATS_PASSWORD: pass,
        CLICKHOUSE_URL: clickhouse.url,
      },
    });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    await append(plumbing.publisher, [adjusted('MUG-SAND', 12), adjusted('MUG-INK', 5)]);
  });

  afterAll(async () => {
    await browser?.close();
    await api?.stop();
    await runtime?.stop();
    await plumbing?.close();
  });

  /** Opens a route, shows it to `look`, and fails on anything that the browser complained about. */
  async function visit(
    hash: string,
    look: (page: Page) => Promise<void>,
    viewport = { width: 1440, height: 900 },
  ): Promise<void> {
    const context = await browser.newContext({
      viewport,
      locale: 'en-GB',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${api.url}/${hash}`);
    await look(page);
    const overflowPx = await page.evaluate<number>(
      'document.documentElement.scrollWidth - innerWidth',
    );
    expect(overflowPx, 'the page scrolls sideways').toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await context.close();
  }

  test('shows what moved last, live', () =>
    visit('#/inventory', async (page) => {
      const card = page.getByRole('link', { name: /MUG-SAND.*ATP/ });
      await card.getByText('12', { exact: true }).first().waitFor();
      await append(plumbing.publisher, [adjusted('MUG-SAND', -2)]);
      await card.getByText('10', { exact: true }).first().waitFor();
    }));

  test('finds a SKU from the keyboard and opens it', () =>
    visit('#/inventory', async (page) => {
      await page.getByRole('link', { name: /MUG-INK.*ATP/ }).waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('mug-i');
      await page.getByRole('option', { name: /MUG-INK/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'MUG-INK' }).waitFor();
      expect(new URL(page.url()).hash).toBe('#/sku/MUG-INK');
    }));

  test('shows a negative ATP in words and explains it down to the event', () =>
    visit('#/sku/SHORT', async (page) => {
      await page.getByText('No event has named this SKU').waitFor();
      await append(plumbing.publisher, [adjusted('SHORT', -3)]);
      await page.getByRole('row', { name: /dc-01/ }).getByText('short').waitFor();

      await page.getByRole('link', { name: /Why\?/ }).click();
      const dialog = page.getByRole('dialog', { name: 'Why this number?' });
      await dialog.getByText('Ledger and ClickHouse agree').waitFor();
      await dialog.getByText('On hand').click();
      await dialog.getByText('inventory.adjusted').waitFor();

      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await page.waitForURL(/#\/sku\/SHORT$/);
    }));

  test('starts with the board, and shows a KPI whole from the keyboard', () =>
    visit('', async (page) => {
      await page.getByRole('heading', { name: 'Control' }).waitFor();
      const tile = page.getByRole('link', { name: /Reporting lag/ });
      await tile.getByText('period before').waitFor();
      await tile.focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Reporting lag' });
      await dialog.getByText('arrival at the door', { exact: true }).waitFor();
      expect(new URL(page.url()).hash).toBe('#/kpi/K34a');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }));

  test('fits the board on a phone', () =>
    visit(
      '',
      async (page) => {
        await page.getByRole('heading', { name: 'Where margin leaks' }).waitFor();
      },
      { width: 390, height: 844 },
    ));

  test('fits a phone', () =>
    visit(
      '#/sku/MUG-INK',
      async (page) => {
        await page.getByRole('heading', { name: 'Available to promise' }).waitFor();
      },
      { width: 390, height: 844 },
    ));

  test('remembers the theme that was chosen', () =>
    visit('', async (page) => {
      await page.getByRole('button', { name: 'Switch to the dark theme' }).click();
      await page.reload();
      await page.getByRole('button', { name: 'Switch to the light theme' }).waitFor();
    }));
});
