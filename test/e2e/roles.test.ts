/**
 * The dashboard of somebody with each role, signed in with a token: which views there are, which buttons,
 * what is said of a view that is not theirs; and how a session ends. No page asks for what would be refused.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Role } from '../../contracts/access.ts';
import { launchBrowser, openPage, settled, type WatchedPage } from './support/browser.ts';
import { startGuardedApi, storeToken, type GuardedApi } from './support/guarded-api.ts';
import { open } from './support/views.ts';

const { home } = inject('system');

let api: GuardedApi;
let browser: Browser;
let watched: WatchedPage;

beforeAll(async () => {
  api = await startGuardedApi(home);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await api?.stop();
});
afterEach(() => watched.page.close());

async function signIn(token: string): Promise<Page> {
  watched = await openPage(browser);
  const { page } = watched;
  await page.goto(api.url);
  await page.getByLabel('API token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('API token').waitFor({ state: 'detached' });
  return page;
}

async function signInWith(...roles: Role[]): Promise<Page> {
  const { token } = await api.makeToken({ subject: 'tess', roles });
  return signIn(token);
}

/** Opens another view by its link in the rail, and waits until it has what it asked for. */
async function go(page: Page, name: string): Promise<void> {
  const heading = page.getByRole('main').getByRole('heading', { level: 1 });
  const before = (await heading.textContent()) ?? '';
  const rail = page.getByRole('navigation', { name: 'Views' });
  await rail.getByRole('link', { name: new RegExp(`^${name}`) }).click();
  await heading.filter({ hasNotText: before }).waitFor();
  await settled(page);
}

const READABLE = [
  ...['Board', 'Cases', 'Inventory', 'Orders', 'Floor', 'Suppliers', 'Returns', 'Feeds'],
  'Policies',
];

interface Row {
  readonly role: Role;
  readonly views: readonly string[];
  readonly decidesCases: boolean;
  /** What the button beside a policy says; null: there is none. */
  readonly policy: string | null;
  readonly managesTokens: boolean;
}

const ROWS: readonly Row[] = [
  {
    ...{ role: 'viewer', views: [...READABLE, 'Admin'] },
    ...{ decidesCases: false, policy: null, managesTokens: false },
  },
  {
    ...{ role: 'operator', views: [...READABLE, 'Admin'] },
    ...{ decidesCases: true, policy: null, managesTokens: false },
  },
  {
    ...{ role: 'approver', views: [...READABLE, 'Admin'] },
    ...{ decidesCases: true, policy: 'Decide', managesTokens: false },
  },
  {
    ...{ role: 'analyst', views: [...READABLE, 'SQL', 'Admin'] },
    ...{ decidesCases: false, policy: 'Try a change', managesTokens: false },
  },
  {
    ...{ role: 'admin', views: [...READABLE, 'SQL', 'Admin'] },
    ...{ decidesCases: true, policy: 'Decide', managesTokens: true },
  },
];

describe.each(ROWS)('$role', ({ decidesCases, managesTokens, policy, role, views }) => {
  test('has the views and buttons of the role, and meets no refusal', async () => {
    const page = await signInWith(role);
    await settled(page);
    const rail = page.getByRole('navigation', { name: 'Views' }).getByRole('link');
    const names = (await rail.allTextContents()).map((text) => text.replace(/\s*\d.*$/, ''));
    expect(names).toEqual(views);
    const button = (name: string) => page.getByRole('button', { name, exact: true }).count();
    // What all may read is looked at by whoever may least.
    const isSeen = (view: string) => role !== 'viewer' && READABLE.includes(view);
    for (const name of views.slice(1)) if (!isSeen(name)) await go(page, name);
    expect(await button('New token')).toBe(managesTokens ? 1 : 0);

    await go(page, 'Cases');
    const first = page.getByRole('main').getByRole('listitem').first();
    await first.waitFor();
    expect(await button('Acknowledge')).toBe(decidesCases ? 1 : 0);
    expect(await first.getByRole('checkbox').count()).toBe(decidesCases ? 1 : 0);
    await first.getByRole('link').first().click();
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    expect(await page.getByLabel('Comment').count()).toBe(decidesCases ? 1 : 0);

    await open(page, api.url, '#/policies/severity');
    await page.getByRole('heading', { name: 'What it decides' }).waitFor();
    const offered = page.locator('.head').getByRole('button');
    expect(await offered.allTextContents()).toEqual(policy === null ? [] : [policy]);

    expect(watched.takeTroubles()).toEqual([]);
  });
});

test('a link to a view of another role says so in plain words', async () => {
  const page = await signInWith('viewer');
  await settled(page);
  await open(page, api.url, '#/sql?q=SELECT+1');
  await page
    .getByText(
      'It needs the role analyst or admin. You are signed in as tess with the role viewer.',
    )
    .waitFor();
  expect(watched.takeTroubles()).toEqual([]);
});

test('whoever only sends events is told that nothing here is theirs, and gets out', async () => {
  const page = await signInWith('producer');
  await page.getByText('You are signed in as tess with the role producer').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API token').waitFor();
  expect(watched.takeTroubles()).toEqual([]);
});

test('a token of one node has the views of that node, and is told why there is no more', async () => {
  const { token } = await api.makeToken({ subject: 'dc', roles: ['operator'], nodes: ['dc-01'] });
  const page = await signIn(token);
  await settled(page);
  await page.getByRole('heading', { level: 1, name: 'Cases' }).waitFor();
  const rail = page.getByRole('navigation', { name: 'Views' }).getByRole('link');
  const names = (await rail.allTextContents()).map((text) => text.replace(/\s*\d.*$/, ''));
  expect(names).toEqual(['Cases', 'Inventory', 'Floor', 'Admin']);
  const first = page.getByRole('main').getByRole('listitem').first();
  await first.getByRole('checkbox').waitFor();
  await first.getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Timeline' }).waitFor();

  await go(page, 'Floor');
  await go(page, 'Inventory');
  await page.getByRole('main').getByRole('link', { name: /ATP/ }).first().click();
  await page.getByRole('heading', { name: 'Available to promise' }).waitFor();
  await page.getByRole('link', { name: /Why\?/ }).waitFor();
  expect(watched.takeTroubles()).toEqual([]);

  await open(page, api.url, '#/board');
  await page.getByText('It cannot be limited to what your token may see: dc-01.').waitFor();
  await go(page, 'Floor');
  expect(watched.takeTroubles()).toEqual([]);
});

describe('a session ends', () => {
  test('when one signs out, without a word, and a reload does not bring it back', async () => {
    const page = await signInWith('viewer');
    await settled(page);
    await page.getByRole('button', { name: 'Signed in as tess' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API token').waitFor();
    expect(await page.getByText('The session is over').count()).toBe(0);
    await page.reload();
    await page.getByLabel('API token').waitFor();
    expect(watched.takeTroubles()).toEqual([]);
  });

  test('when its token is revoked, with the reason, and a reload says it again', async () => {
    const { token, view } = await api.makeToken({ subject: 'tess', roles: ['operator'] });
    const page = await signIn(token);
    await settled(page);
    await open(page, api.url, '#/orders');
    await api.revokeToken(view.token_id);
    const reason = page.getByText(
      'The session is over: the token that it was opened with was revoked',
    );
    await reason.waitFor();
    await page.reload();
    await reason.waitFor();

    await page.getByLabel('API token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'The token was revoked.' }).waitFor();

    // Whoever comes back is where they were.
    const next = await api.makeToken({ subject: 'tess', roles: ['operator'] });
    await page.getByLabel('API token').fill(next.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Orders' }).waitFor();
  });

  test('when its token expires; an expired one does not open another', async () => {
    const expiresAtMs = Date.now() + 8000;
    const token = await storeToken(home, { subject: 'tess', roles: ['viewer'], expiresAtMs });
    const page = await signIn(token);
    await settled(page);
    await page.getByText('The session is over').waitFor();
    await page.getByLabel('API token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'The token has expired.' }).waitFor();
  });
});
