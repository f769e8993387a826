-- features: shrinkage
-- grain: a SKU at a node with any fact of the floor up to as_of; one row
-- readers: npm run train, loss prevention, data teams. The stream computes the same (processors/detect/model).
-- params: as_of DateTime64(3), the instant; facts after it do not count
-- note: every sum counts a fact half after 14 days, so that one number stands for the recent past. What is
--   older than 280 days counts for less than a millionth and is left out.
WITH
  exp2(-(toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')}) - toUnixTimestamp64Milli(at)) / 1209600000.) AS weight,
  toFloat64(unit_cost) * costed AS cost,
  kind = 'adjustment' AND reason != 'opening_balance' AS adjusts
SELECT
  f.sku_id AS sku_id,
  f.node_id AS node_id,
  -- Unexplained losses (L8), whatever their size.
  f.losses AS losses,
  -- What they cost, less what was found again: ln(1 + house currency).
  log1p(greatest(0., f.loss_cost)) AS loss_cost_log,
  -- Gross cost of adjustments up and down, opening balances left out: ln(1 + house currency).
  log1p(greatest(0., f.adjusted_cost)) AS adjusted_cost_log,
  -- Of the units that were adjusted, the part that nobody could explain.
  if(f.adjusted_units > 1e-9, greatest(0., f.unexplained_units) / f.adjusted_units, 0.) AS unexplained_share,
  -- Adjustments worth 80 % or more of the value from which a second person approves, and below it.
  f.near_limit AS near_limit,
  -- Units that counts were off, part of the units by the book.
  if(f.counted_book > 1e-9, greatest(0., f.counted_off) / f.counted_book, 0.) AS count_variance,
  -- Picks that found less than was asked for, of 1,000.
  if(f.picks > 1e-9, 1000. * greatest(0., f.shorts) / f.picks, 0.) AS shorts_per_1000_picks,
  -- Times that its bin was not as recorded.
  f.location_errors AS location_errors,
  -- Days since its last count, 60 at most and when there was none.
  if(f.counts = 0, 60., least(60., (toUnixTimestamp64Milli({as_of:DateTime64(3, 'UTC')}) - f.counted_ms) / 86400000.)) AS days_since_count,
  -- Cost of a unit: ln(1 + house currency).
  log1p(toFloat64(c.unit_cost)) AS unit_cost_log,
  -- Exposure: pick lines, ln(1 + lines).
  log1p(greatest(0., f.picks)) AS picks_log
FROM
(
  SELECT
    sku_id,
    toString(node_id) AS node_id,
    sum(sign * weight * (leakage = 'L8' AND loss_units > 0)) AS losses,
    sum(sign * weight * if(leakage = 'L8', toFloat64(loss_units) * ifNull(cost, 0), 0)) AS loss_cost,
    sum(sign * weight * if(adjusts, abs(qty) * ifNull(cost, 0), 0)) AS adjusted_cost,
    sum(sign * weight * if(adjusts, abs(qty), 0)) AS adjusted_units,
    sum(sign * weight * if(adjusts AND leakage = 'L8', abs(qty), 0)) AS unexplained_units,
    sum(sign * weight * (adjusts AND abs(qty) * ifNull(cost, 0) >= 200 AND abs(qty) * ifNull(cost, 0) < 250)) AS near_limit,
    sum(sign * weight * if(kind = 'count', qty_expected, 0)) AS counted_book,
    sum(sign * weight * if(kind = 'count', abs(qty - qty_expected), 0)) AS counted_off,
    sum(sign * weight * (kind = 'pick' AND qty < qty_expected)) AS shorts,
    sum(sign * weight * (kind = 'pick')) AS picks,
    sum(sign * weight * (kind = 'location_error')) AS location_errors,
    countIf(kind = 'count' AND sign > 0) AS counts,
    maxIf(toUnixTimestamp64Milli(at), kind = 'count' AND sign > 0) AS counted_ms
  FROM floor_events
  WHERE kind IN ('pick', 'count', 'location_error', 'adjustment', 'state_change')
    AND sku_id != ''
    AND at <= {as_of:DateTime64(3, 'UTC')}
    AND at > {as_of:DateTime64(3, 'UTC')} - INTERVAL 280 DAY
  GROUP BY sku_id, node_id
) AS f
LEFT JOIN (SELECT sku_id, unit_cost FROM sku_costs FINAL) AS c ON c.sku_id = f.sku_id
ORDER BY sku_id, node_id
