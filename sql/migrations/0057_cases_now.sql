-- Grain: a case, as it stands. Readers: exceptions_by_sku, data teams.
CREATE VIEW cases_now AS
SELECT
  exception_id,
  max(c.opening) AS openings,
  argMax(c.code, c.opening) AS code,
  argMax(c.severity, c.opening) AS severity,
  argMax(c.entity, c.opening) AS entity,
  argMax(c.sku_id, c.opening) AS sku_id,
  argMax(c.node_id, c.opening) AS node_id,
  argMax(c.order_id, c.opening) AS order_id,
  argMax(c.owner, c.opening) AS owner,
  argMax(c.status, c.opening) AS status,
  argMax(c.opened_at, c.opening) AS opened_at,
  argMax(tuple(c.acknowledged_at), c.opening).1 AS acknowledged_at,
  argMax(tuple(c.resolved_at), c.opening).1 AS resolved_at,
  argMax(c.ack_due_at, c.opening) AS ack_due_at,
  argMax(c.resolve_due_at, c.opening) AS resolve_due_at,
  argMax(tuple(c.exposure), c.opening).1 AS exposure,
  argMax(c.root_cause, c.opening) AS root_cause,
  argMax(c.resolution, c.opening) AS resolution
FROM (
  SELECT
    exception_id, opening, code, severity, entity, sku_id, node_id, order_id, owner, status, opened_at,
    acknowledged_at, resolved_at, ack_due_at, resolve_due_at, exposure, root_cause, resolution
  FROM cases
  GROUP BY ALL
  HAVING sum(sign) > 0
) AS c
GROUP BY exception_id
COMMENT 'Each exception case as it stands now';
