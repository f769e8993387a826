-- question: Which SKUs generate most exceptions?
-- row: a SKU with its findings in the window, the most first
-- needs: none
-- lineage: findings, items
-- note: codes lists each kind with its count, the most frequent first. The view exceptions_by_sku has the
--   cases beside the findings, over all time.
SELECT
  f.sku_id AS sku_id,
  any(i.description) AS description,
  sum(f.found) AS exceptions,
  arrayStringConcat(
    arrayMap(
      pair -> concat(pair.2, ' ', toString(pair.1)),
      arrayReverseSort(groupArray((f.found, f.code)))
    ),
    ', '
  ) AS codes,
  sum(f.units_concerned) AS units,
  max(f.newest_at) AS last_at
FROM
(
  SELECT
    sku_id,
    toString(code) AS code,
    uniqExact(finding_id) AS found,
    sum(abs(units)) AS units_concerned,
    max(condition_at) AS newest_at
  FROM findings
  WHERE state = 'raised' AND sku_id != '' AND condition_at >= {from:DateTime64(3, 'UTC')} AND condition_at < {to:DateTime64(3, 'UTC')}
  GROUP BY sku_id, code
) AS f
LEFT JOIN (SELECT sku_id, description FROM items FINAL) AS i ON i.sku_id = f.sku_id
GROUP BY f.sku_id
ORDER BY exceptions DESC, sku_id
LIMIT {limit:UInt32}
