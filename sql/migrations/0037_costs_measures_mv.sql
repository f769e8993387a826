-- Margin leakage by component.
CREATE MATERIALIZED VIEW costs_measures_mv TO measure_feed AS
SELECT
  'leakage' AS measure,
  posted_at AS at,
  known_at,
  node_id,
  channel_id,
  sla_class,
  component AS dim,
  sku_id,
  toDecimal128(amount * sign, 6) AS value
FROM costs
WHERE in_house = 1 AND amount != 0
COMMENT 'Costs in the house currency, into the measures';
