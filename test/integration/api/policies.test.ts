/** Policies over HTTP, in front of a real door, processor and ClickHouse: read, changed, refused, raced for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PolicyCatalogue, PolicyChanged, PolicyHistory } from '../../../contracts/policies.ts';
import type { Problem } from '../../../platform/http/problem.ts';
import { useClickHouse, useNats } from '../../support/servers.ts';
import { startAll, type Running } from './support.ts';

const nats = useNats();
const clickhouse = useClickHouse();

let running: Running;

const HOLD = {
  policy: 'rule.OVERSELL',
  scope: { node_id: 'dc-01' },
  value: { parameters: { hold_min: 15 } },
  reason: 'the sync is slow at night',
};

const post = async <T>(body: object, ifMatch: string | null = '"0"') => {
  const response = await fetch(`${running.api.url}/v1/policies`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(ifMatch === null ? {} : { 'if-match': ifMatch }),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
};
const getJson = async <T>(path: string): Promise<T> => {
  const response = await fetch(`${running.api.url}${path}`);
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
};
const kindOf = async (policy: string) => {
  const { kinds } = await getJson<PolicyCatalogue>('/v1/policies');
  const kind = kinds.find((one) => one.policy === policy);
  if (kind === undefined) throw new Error(`${policy} is not listed`);
  return kind;
};

beforeAll(async () => {
  running = await startAll({ nats, clickhouse });
});

afterAll(() => running?.stop());

test('a rule is listed with the range, unit and default of each parameter', async () => {
  const kind = await kindOf('rule.OVERSELL');
  expect(kind).toMatchObject({ group: 'Rules', title: 'Oversold', owner: 'channel ops' });
  expect(kind.fields.find(({ path }) => path === 'parameters.hold_min')).toEqual({
    ...{ path: 'parameters.hold_min', description: 'Short for so long', type: 'number' },
    ...{ unit: 'min', min: 0, max: 525_600, choices: null, default: 5, required: false },
  });
});

test('a decision is in the log, the archive and the history, with who and why', async () => {
  const changed = await post<PolicyChanged>(HOLD);
  expect(changed.status, JSON.stringify(changed.body)).toBe(200);
  const { decision } = changed.body;
  expect(decision).toMatchObject({ actor: 'local', reason: HOLD.reason, scope: HOLD.scope });
  expect(changed.headers.get('etag')).toBe(`"${decision.version}"`);
  expect((await kindOf('rule.OVERSELL')).settings).toEqual([decision]);

  const next = await post<PolicyChanged>(
    { ...HOLD, value: { parameters: { hold_min: 20 } }, reason: 'slower still' },
    `"${decision.version}"`,
  );
  expect(next.status).toBe(200);
  const history = await getJson<PolicyHistory>('/v1/policies/rule.OVERSELL/history?limit=1');
  expect(history.decisions).toEqual([next.body.decision]);
  const rest = await getJson<PolicyHistory>(
    `/v1/policies/rule.OVERSELL/history?limit=1&cursor=${history.next_cursor}`,
  );
  expect(rest).toMatchObject({ decisions: [decision], next_cursor: null });
});

test('sent again, the same decision counts once', async () => {
  const body = { ...HOLD, scope: { sku_id: 'MUG' } };
  const first = await post<PolicyChanged>(body);
  expect(await post<PolicyChanged>(body)).toMatchObject({ status: 200, body: first.body });
  const { decisions } = await getJson<PolicyHistory>('/v1/policies/rule.OVERSELL/history');
  expect(decisions.filter(({ scope }) => scope['sku_id'] === 'MUG')).toHaveLength(1);
});

test('of two who have seen the same, the log takes one; the other is told by whom', async () => {
  const scope = { supplier_id: 'acme' };
  const value = { lateness_p90_h: 4, dock_to_stock_p90_h: 8, fill_rate: 0.9 };
  const of = (actor: string, fill: number) =>
    post<PolicyChanged & Problem>({
      ...{ policy: 'supply', scope, value: { ...value, fill_rate: fill } },
      reason: `as ${actor} sees it`,
    });
  const answers = await Promise.all([of('ann', 0.8), of('bob', 0.7)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  const won = answers.find(({ status }) => status === 200)?.body.decision;
  const lost = answers.find(({ status }) => status === 412)?.body;
  expect(lost).toMatchObject({ type: 'urn:stocktide:problem:policy-changed', field: 'if-match' });
  expect(lost?.detail).toContain(won?.reason);
  expect((await kindOf('supply')).settings).toEqual([won]);
});

test.each([
  ['an unknown code', { policy: 'rule.NOPE' }, 'policy', /rule\.OVERSELL/],
  [
    'a negative threshold',
    { value: { parameters: { hold_min: -1 } } },
    'value.parameters.hold_min',
    /^a number from 0 to 525600 \(min\)$/,
  ],
  [
    'a share above 1',
    { policy: 'rule.ORDER_SLA_RISK', value: { parameters: { consumption: 1.5 } } },
    'value.parameters.consumption',
    /^a number from 0 to 1$/,
  ],
  [
    'a parameter that the rule does not have',
    { value: { parameters: { hold_h: 1 } } },
    'value.parameters.hold_h',
    /is not a field of this type/,
  ],
])('%s is refused with the field and what it allows', async (_what, wrong, field, allowed) => {
  const { body, status } = await post<Problem>({ ...HOLD, ...wrong });
  expect(status).toBe(422);
  expect(body.field).toBe(field);
  expect(body.allowed).toMatch(allowed);
});

test('a change that does not say what it replaces is refused', async () => {
  const { body, status } = await post<Problem>(HOLD, null);
  expect(status).toBe(428);
  expect(body.field).toBe('if-match');
});

test('a decision from before the one that holds would never hold, and is refused', async () => {
  const scope = { channel_id: 'web' };
  const value = { share: 0.5 };
  const first = await post<PolicyChanged>({ ...HOLD, policy: 'channel', scope, value });
  const { status, body } = await post<Problem>(
    { ...HOLD, policy: 'channel', scope, value, effective_at: '2020-01-01T00:00:00Z' },
    `"${first.body.decision.version}"`,
  );
  expect(status).toBe(422);
  expect(body.field).toBe('effective_at');
});

test('an unknown kind has no history', async () => {
  expect((await fetch(`${running.api.url}/v1/policies/nope/history`)).status).toBe(404);
});
