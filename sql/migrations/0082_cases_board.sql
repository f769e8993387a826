-- Grain: a case of the engine as it stands. Readers: the API, ops leads, data teams.
CREATE VIEW cases_board AS
SELECT
  case_id,
  argMax(e.record, e.n) AS record,
  max(e.n) AS last_step,
  argMax(e.code, e.n) AS code,
  argMax(e.status, e.n) AS status,
  argMax(e.severity, e.n) AS severity,
  argMax(e.team, e.n) AS team,
  JSONExtractString(record, 'title') AS title,
  JSONExtractString(record, 'entity') AS entity,
  JSONExtractString(record, 'detail') AS detail,
  JSONExtractString(record, 'skuId') AS sku_id,
  JSONExtractString(record, 'nodeId') AS node_id,
  JSONExtractString(record, 'orderId') AS order_id,
  JSONExtractString(record, 'assignee') AS assignee,
  toDecimal64OrZero(JSONExtractString(JSONExtractRaw(record, 'exposure'), 'amount'), 6) AS exposure_amount,
  JSONExtractInt(JSONExtractRaw(record, 'exposure'), 'orders') AS orders_at_risk,
  fromUnixTimestamp64Milli(JSONExtractInt(record, 'openedAtMs')) AS opened_at,
  fromUnixTimestamp64Milli(JSONExtractInt(record, 'ackDueMs')) AS ack_due_at,
  fromUnixTimestamp64Milli(JSONExtractInt(record, 'resolveDueMs')) AS resolve_due_at,
  status NOT IN ('resolved', 'auto_resolved', 'merged') AS is_open
FROM case_events AS e
WHERE e.record != ''
GROUP BY case_id
COMMENT 'Each case of the engine as it stands, with its whole record as JSON';
