-- Contributions of PO lines to measures, by due date: what is overdue and open is in the denominators and
-- not in the numerators. A line of which nothing is ordered any more is not due.
CREATE MATERIALIZED VIEW po_lines_measures_mv TO measure_feed AS
SELECT
  tupleElement(part, 1) AS measure,
  due_at AS at,
  known_at,
  node_id,
  '' AS channel_id,
  '' AS sla_class,
  supplier_id AS dim,
  sku_id,
  tupleElement(part, 2) AS value
FROM po_lines
ARRAY JOIN [
  ('po_lines_due', toDecimal128(sign, 6)),
  ('po_lines_on_time', toDecimal128(sign * on_time, 6)),
  ('po_units_due', toDecimal128(sign * ordered, 6)),
  ('po_units_by_due', toDecimal128(sign * received_by_due, 6))
] AS part
WHERE ordered > 0 AND tupleElement(part, 2) != 0
COMMENT 'Measures of PO lines (K20, K23)';
