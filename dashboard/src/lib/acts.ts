/**
 * What the dashboard lets people do, by the route that it takes. Who may call which is the API's to say
 * (`may` of the session); what somebody may not do is not offered to them.
 */
export const ACTS = {
  workCases: 'POST /v1/cases/:id/commands',
  seeCaseOptions: 'GET /v1/cases/:id/options',
  seeCaseAudit: 'GET /v1/cases/:id/audit',
  settleRejected: 'POST /v1/feeds/rejected/:seq/replay',
  decidePolicies: 'POST /v1/policies',
  tryPolicies: 'POST /v1/backtests',
  query: 'POST /v1/sql',
  findSkus: 'GET /v1/skus',
  manageTokens: 'POST /v1/tokens',
} as const;
export type Act = keyof typeof ACTS;
