/**
 * A day with Stocktide, in a browser: an incident comes through the door, an ops lead works it from the
 * keyboard to its end, and an executive's phone shows what happened.
 */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { CaseDetail, CaseList } from '../../contracts/cases.ts';
import type { ProducerEvent } from '../../contracts/envelope.ts';
import { event } from '../support/log.ts';
import { until } from '../support/until.ts';
import { launchBrowser, openPage, type WatchedPage } from './support/browser.ts';
import { open } from './support/views.ts';

const { apiUrl, doorUrl } = inject('system');
const RUN = Date.now().toString(36);
const SKU = `DAY-${RUN}`;
/** A case and a KPI are there within seconds; a machine that has other work takes longer. */
const SOON_MS = 90_000;

let browser: Browser;
const pages: WatchedPage[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function visit(hash: string, screen: 'wide' | 'phone'): Promise<Page> {
  const watched = await openPage(browser, { screen });
  pages.push(watched);
  await open(watched.page, apiUrl, hash);
  return watched.page;
}

async function send(...events: ProducerEvent[]): Promise<void> {
  const response = await fetch(`${doorUrl}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  });
  expect(await response.json()).toMatchObject({ accepted: events.length, rejected: 0 });
}

async function getJson<T>(path: string): Promise<T> {
  return (await (await fetch(`${apiUrl}${path}`)).json()) as T;
}

/** What the rows of the inbox lead to, in their order. */
const casesShown = (rows: Locator) =>
  rows.getByRole('link').evaluateAll((links: { hash: string }[]) => links.map((link) => link.hash));

test('an ops lead sees an incident arrive, acknowledges it by keyboard, and ends it', async () => {
  const page = await visit('#/cases', 'wide');
  const rows = page.getByRole('main').getByRole('listitem');
  await rows.first().waitFor();
  const before = await casesShown(rows);

  // It arrives: announced, while the list stays as it is.
  await send(stock('dc-01', 30), stock('3pl-north', 80), shortPick());
  await caseOf(SKU);
  const pill = page.getByRole('button', { name: /^\d+ new$/ });
  await pill.waitFor();
  const meanwhile = await casesShown(rows);
  expect(before.filter((hash) => meanwhile.includes(hash))).toEqual(meanwhile);
  await pill.click();

  // The keyboard alone, until the case is acknowledged.
  const mine = rows.filter({ hasText: `sku/${SKU}/` }).filter({ hasText: 'Short pick' });
  await mine.waitFor();
  const atCursor = mine.and(page.locator('.at'));
  while ((await atCursor.count()) === 0) await page.keyboard.press('j');
  await page.keyboard.press('a');
  await page.getByRole('status').filter({ hasText: 'Acknowledged' }).waitFor();
  expect((await caseOf(SKU)).status).toBe('acknowledged');
  await page.keyboard.press('Enter');

  // Its evidence is the event that was sent.
  await page.getByRole('heading', { level: 1, name: /Short pick/ }).waitFor();
  const evidence = page.locator('section', {
    has: page.getByRole('heading', { name: 'Evidence' }),
  });
  await evidence.locator('summary').first().press('Enter');
  await evidence.getByText(`"sku_id":"${SKU}"`).waitFor();

  // What can be done is computed from live stock: the other warehouse has some.
  const option = page.locator('.option').filter({ hasText: '3pl-north' }).first();
  await option.getByRole('button', { name: 'Take' }).click();
  await page.getByRole('status').filter({ hasText: 'Taken' }).waitFor();

  await page.getByLabel('Root cause').selectOption('PHANTOM_STOCK');
  await page.getByLabel('What was done').fill('Counted the bin, moved the order to 3pl-north');
  await page.getByRole('button', { name: 'Resolve', exact: true }).click();
  await page.getByText('Counted the bin, moved the order to 3pl-north').first().waitFor();
  const { case_id } = await caseOf(SKU);
  const detail = await getJson<CaseDetail>(`/v1/cases/${encodeURIComponent(case_id)}`);
  expect(detail).toMatchObject({ status: 'resolved', root_cause: 'PHANTOM_STOCK' });
  expect(detail.steps.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['opened', 'acknowledge', 'take', 'resolve']),
  );
});

test("an executive's phone shows a KPI move", async () => {
  const page = await visit('#/', 'phone');
  const tile = page.getByRole('link', { name: /Orders over their promise/ });
  const value = async () => Number((await tile.locator('.value').textContent())?.match(/\d+/)?.[0]);
  const before = await value();
  const LATE = 40;
  await send(...Array.from({ length: LATE }, (_, number) => lateOrder(number)));
  // The brand ships some of its own meanwhile.
  await until(async () => (await value()) >= before + LATE / 2, SOON_MS);
});

test('nothing went wrong on any of the pages', () => {
  expect(pages.flatMap((page) => page.takeTroubles())).toEqual([]);
});

/** The short pick of the SKU, once there is one. */
async function caseOf(sku: string) {
  let found: CaseList['cases'][number] | undefined;
  await until(async () => {
    const path = `/v1/cases?status=all&code=SHORT_PICK&sku_id=${sku}`;
    [found] = (await getJson<CaseList>(path)).cases;
    return found !== undefined;
  }, SOON_MS);
  if (found === undefined) throw new Error('a case was there and is gone');
  return found;
}

const now = () => new Date().toISOString();

function stock(node: string, units: number): ProducerEvent {
  const id = `${SKU}-${node}`;
  return event(
    'inventory.adjusted',
    {
      ...{ adjustment_id: id, sku_id: SKU, node_id: node, state: 'available', qty_delta: units },
      ...{ reason_code: 'correction', raw_code: '', actor: 'ana', unit_cost: '12.00' },
      currency: 'EUR',
    },
    { id, time: now() },
  );
}

function shortPick(): ProducerEvent {
  return event(
    'pick.shorted',
    {
      ...{ task_id: `T-${SKU}`, order_id: `O-${SKU}`, line_id: '1', sku_id: SKU },
      ...{ node_id: 'dc-01', location_id: 'A-07-3', shift_id: 'early', worker_pseudo_id: 'w7' },
      ...{ qty_requested: 6, qty_picked: 2, qty_short: 4, reason: 'bin_empty' },
    },
    { id: `short-${SKU}`, time: now() },
  );
}

/** An order that was due yesterday, told of only now. */
function lateOrder(number: number): ProducerEvent {
  const order_id = `LATE-${RUN}-${number}`;
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  return event(
    'order.created',
    {
      ...{ order_id, channel_id: 'web', sla_class: 'standard', node_id: 'dc-01', region: 'DE' },
      ...{ ordered_at: ago(3), ship_by: ago(1), deliver_by: ago(0.5), currency: 'EUR' },
      lines: [{ line_id: '1', sku_id: SKU, qty: 1, unit_price: '12.50' }],
    },
    { id: order_id, time: now() },
  );
}
