-- Contributions of receipt lines to measures, by the time of receipt. Of a line that nothing was expected of
-- only what is received and rejected counts, and that it is a line.
CREATE MATERIALIZED VIEW receipts_measures_mv TO measure_feed AS
SELECT
  tupleElement(part, 1) AS measure,
  received_at AS at,
  known_at,
  node_id,
  '' AS channel_id,
  '' AS sla_class,
  supplier_id AS dim,
  sku_id,
  tupleElement(part, 2) AS value
FROM receipts
ARRAY JOIN [
  ('receipt_lines', toDecimal128(sign, 6)),
  ('receipt_lines_accurate', toDecimal128(sign * (1 - corrected_for_receiver_error), 6)),
  ('receipt_units', toDecimal128(sign * received, 6)),
  ('receipt_units_rejected', toDecimal128(sign * rejected, 6)),
  ('receipt_lines_expected', toDecimal128(if(expected IS NULL, 0, sign), 6)),
  ('receipt_lines_over', toDecimal128(if(ifNull(variance, 0) > 0, sign, 0), 6)),
  ('receipt_lines_short', toDecimal128(if(ifNull(variance, 0) < 0, sign, 0), 6)),
  ('receipt_units_expected', toDecimal128(sign * ifNull(expected, 0), 6)),
  ('receipt_units_variance', toDecimal128(sign * ifNull(variance, 0), 6)),
  ('receipt_units_abs_variance', toDecimal128(sign * abs(ifNull(variance, 0)), 6))
] AS part
WHERE tupleElement(part, 2) != 0
COMMENT 'Measures of receipt lines (K19, K21, K24)';
