-- Grain: supplier, SKU and month of receipt. Answers which suppliers create inbound variance: order by
-- abs_variance_ratio or abs_variance, or sum over SKUs. On time is of PO lines by the month of their due
-- date, lead time by the month of the first receipt. Readers: executives, buyers, data teams.
CREATE VIEW supplier_variance AS
SELECT
  supplier_id,
  sku_id,
  month,
  sum(p.receipt_lines) AS lines,
  sum(p.units_expected) AS expected,
  sum(p.units_received) AS received,
  sum(p.units_over) AS over,
  sum(p.units_short) AS short,
  over + short AS abs_variance,
  if(expected = 0, NULL, abs_variance / expected) AS abs_variance_ratio,
  sum(p.lines_due) AS po_lines_due,
  if(po_lines_due = 0, NULL, sum(p.lines_on_time) / po_lines_due) AS on_time_ratio,
  sum(p.lead_times) AS lead_times,
  if(lead_times = 0, NULL, sum(p.lead_hours) / lead_times) AS lead_time_mean_h,
  if(lead_times < 2, NULL, sqrt(greatest(0, sum(p.lead_squares) - pow(sum(p.lead_hours), 2) / lead_times) / (lead_times - 1))) AS lead_time_stddev_h
FROM
(
  SELECT supplier_id, sku_id, toStartOfMonth(received_at) AS month,
    sign AS receipt_lines, sign * ifNull(r.expected, 0) AS units_expected, sign * r.received AS units_received,
    sign * greatest(0, ifNull(variance, 0)) AS units_over, sign * greatest(0, -ifNull(variance, 0)) AS units_short,
    0 AS lines_due, 0 AS lines_on_time, 0 AS lead_times, 0. AS lead_hours, 0. AS lead_squares
  FROM receipts AS r
  UNION ALL
  SELECT supplier_id, sku_id, toStartOfMonth(due_at) AS month, 0, 0, 0, 0, 0, sign, sign * on_time, 0, 0., 0.
  FROM po_lines
  WHERE ordered > 0
  UNION ALL
  SELECT dim AS supplier_id, sku_id, toStartOfMonth(at) AS month, 0, 0, 0, 0, 0, 0, 0, sign, sign * hours,
    sign * hours * hours
  FROM durations
  WHERE measure = 'lead_time'
) AS p
GROUP BY supplier_id, sku_id, month
HAVING lines != 0 OR po_lines_due != 0
COMMENT 'Which suppliers create inbound variance, by SKU and month';
