-- Money that went back, by the date on which it did.
CREATE MATERIALIZED VIEW refunds_measures_mv TO measure_feed AS
SELECT
  'refunds' AS measure,
  issued_at AS at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  '' AS dim,
  sku_id,
  toDecimal128(amount * sign, 6) AS value
FROM refunds
WHERE in_house = 1 AND amount != 0
COMMENT 'Refunds in the house currency, into the measures';
