-- Contributions of the floor: picks (K25, K26 by bin, K27 by shift), counts (K12), losses (K13, K33).
CREATE MATERIALIZED VIEW floor_events_measures_mv TO measure_feed AS
SELECT
  tupleElement(part, 1) AS measure,
  f.at AS at,
  f.known_at AS known_at,
  node_id,
  '' AS channel_id,
  '' AS sla_class,
  tupleElement(part, 2) AS dim,
  sku_id,
  tupleElement(part, 3) AS value
FROM (
  SELECT
    e.at,
    e.known_at,
    e.node_id,
    e.sku_id,
    e.qty - e.qty_expected AS variance,
    toDecimal128(e.sign, 6) AS one,
    if(e.costed = 1, toDecimal128(ifNull(e.unit_cost, 0), 6), toDecimal128(0, 6)) * e.sign AS cost,
    ifNull(e.within_tolerance, 0) AS confirmed,
    if(e.abc_class = '', 'unclassified', e.abc_class) AS class,
    multiIf(
      kind = 'pick', [
        ('pick_lines', location_id, one),
        ('pick_lines_short', location_id, one * (qty < qty_expected)),
        ('pick_lines_filled', location_id, one * (qty > 0)),
        ('shift_lines_picked', shift_id, one * (qty > 0)),
        ('shift_units_picked', shift_id, one * qty)],
      kind = 'pick_error', [('pick_lines_wrong', location_id, one)],
      kind = 'labour', [
        ('shift_minutes_picking', shift_id, one * if(process = 'picking', minutes, 0))],
      kind = 'count', [
        ('counts', class, one),
        ('counts_confirmed', class, one * confirmed),
        ('count_variance_units', class, one * variance),
        ('count_variance_units_abs', class, one * abs(variance)),
        ('count_variance_cost', class, cost * variance),
        ('count_variance_cost_abs', class, cost * abs(variance))],
      leakage = 'L8', [
        ('shrinkage', reason, cost * loss_units),
        ('leakage', leakage, cost * loss_units)],
      leakage = 'L5', [('leakage', leakage, cost * loss_units)],
      []) AS parts
  FROM floor_events AS e
) AS f
ARRAY JOIN parts AS part
WHERE value != 0
COMMENT 'Feeds the measures of picks, labour, counts and losses';
