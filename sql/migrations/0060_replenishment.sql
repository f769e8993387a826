-- Grain: what a SKU needs at a node, as of the computation that said something new: at most one row a day.
-- Source: demand (processors/demand). Readers: replenishment_now, days_of_supply_now, planners, data teams.
-- ORDER BY the position, then time: a reader asks for the newest row of each. Not partitioned: the newest row
-- of a position that rests may be old.
CREATE TABLE replenishment (
  computed_at DateTime64(3, 'UTC') COMMENT 'Event time of the computation',
  sku_id String COMMENT 'Stock keeping unit',
  node_id LowCardinality(String) COMMENT 'Node that is replenished',
  supplier_id LowCardinality(String) COMMENT 'Supplier of the newest order or receipt, or empty',
  abc_class LowCardinality(String) COMMENT 'Class by value, or empty',
  demand_class LowCardinality(String) COMMENT 'smooth, erratic, intermittent, lumpy (Syntetos, Boylan) or none',
  adi Nullable(Float64) COMMENT 'Days from one demand to the next; null without demand',
  cv2 Float64 COMMENT 'Squared coefficient of variation of the days with demand',
  days_observed UInt16 COMMENT 'Complete days with stock that the forecast is made from',
  daily_units Float64 COMMENT 'Forecast demand (units a day): SES, SBA or TSB by class',
  daily_sd Float64 COMMENT 'Standard deviation of a day (units)',
  lead_days Float64 COMMENT 'Lead time from order to stock (days): median of receipts and dock to stock',
  lead_sd Float64 COMMENT 'Standard deviation of the lead time (days)',
  service_level Float64 COMMENT 'Cycle service that the safety stock is for',
  safety_stock Float64 COMMENT 'z * sqrt(L * sd_d^2 + d^2 * sd_L^2); a quantile of counts at low volume (units)',
  safety_stock_fill_rate Float64 COMMENT 'Safety stock for 98 % of units from the shelf (units)',
  reorder_point Float64 COMMENT 'd * L + safety stock (units)',
  atp Int64 COMMENT 'Available to promise then (units)',
  inventory_position Int64 COMMENT 'ATP + on order + in transit (units)',
  below_reorder_point UInt8 COMMENT '1 when the inventory position is at or below the reorder point',
  days_of_cover Nullable(Float64) COMMENT 'ATP less reservations over daily demand; null without demand',
  stockout_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Projected stockout at mean demand; null within a year',
  stockout_p90_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Projected stockout at the 90th percentile of demand',
  usable_at DateTime64(3, 'UTC') COMMENT 'When the supply that ends it can be used; an order of today counts',
  risk Float64 COMMENT 'Chance that demand until supply can be used exceeds what there is',
  gap_days Float64 COMMENT 'Days without stock until then, at mean demand',
  lost_units Float64 COMMENT 'Units that will not be sold in the gap',
  seq UInt64 COMMENT 'Log sequence of the event at which it was computed'
)
ENGINE = MergeTree
ORDER BY (sku_id, node_id, computed_at)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Forecast, safety stock, reorder point and risk of each position over time'
