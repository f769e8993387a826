-- What dispatches contribute to measures, at the time of dispatch: units, and net sales in the house
-- currency, which shares of sales are shares of.
CREATE MATERIALIZED VIEW shipment_lines_measures_mv TO measure_feed AS
SELECT
  c.1 AS measure,
  l.shipped_at AS at,
  l.known_at AS known_at,
  node_id,
  channel_id,
  sla_class,
  '' AS dim,
  sku_id,
  toDecimal128(c.2 * l.sign, 6) AS value
FROM shipment_lines AS l
ARRAY JOIN [
  ('units_shipped', toDecimal128(l.units, 6)),
  ('sales_shipped', l.sales * l.in_house_currency)
] AS c
WHERE c.2 != 0
COMMENT 'Feeds the measures of what was shipped';
