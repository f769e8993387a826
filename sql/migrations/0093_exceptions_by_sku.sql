-- Grain: a SKU. Readers: executives and ops leads who ask which SKUs generate most exceptions; data teams.
-- The most first. A finding is what a processor saw, a case what someone has to deal with: most findings
-- become a case or join one.
CREATE VIEW exceptions_by_sku AS
SELECT
  sku_id,
  sum(c.findings) AS findings,
  sum(c.cases) AS cases,
  sum(c.open_cases) AS open_cases,
  sum(c.exposure) AS open_exposure,
  argMax(c.code, (c.findings + c.cases, c.code)) AS top_code,
  max(c.last_at) AS last_at
FROM (
  SELECT
    sku_id,
    code,
    sum(is_finding) AS findings,
    sum(is_case) AS cases,
    sum(is_open) AS open_cases,
    sum(at_risk) AS exposure,
    max(happened_at) AS last_at
  FROM (
    SELECT
      sku_id, code, 1 AS is_finding, 0 AS is_case, 0 AS is_open, toDecimal128(0, 6) AS at_risk,
      condition_at AS happened_at
    FROM findings
    WHERE state = 'raised'
    UNION ALL
    SELECT
      sku_id, code, 0, 1, toUInt8(status != 'resolved'),
      if(status = 'resolved', toDecimal128(0, 6), toDecimal128(ifNull(exposure, 0), 6)), opened_at
    FROM cases_now
  )
  WHERE sku_id != ''
  GROUP BY sku_id, code
) AS c
GROUP BY sku_id
ORDER BY cases DESC, findings DESC, sku_id
COMMENT 'Which SKUs generate most exceptions: findings, cases, and the code that they have most of';
