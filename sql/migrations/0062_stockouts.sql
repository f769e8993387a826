-- Grain: a stockout of a SKU on a channel, by day (UTC): a row when it ends, and one at the end of each day
-- that it goes on over. Source: demand. Readers: K15, data teams.
-- ORDER BY channel and SKU, then time: a reader asks for the stockouts of either.
-- PARTITION BY the year in which it became known: `from_at` may be any, and a block must not touch many partitions.
CREATE TABLE stockouts (
  sku_id String COMMENT 'Stock keeping unit',
  channel_id LowCardinality(String) COMMENT 'Channel that had nothing to sell',
  abc_class LowCardinality(String) COMMENT 'Class by value, or empty',
  began_at DateTime64(3, 'UTC') COMMENT 'When the stockout began, by the minute',
  from_at DateTime64(3, 'UTC') COMMENT 'First instant of this row',
  to_at DateTime64(3, 'UTC') COMMENT 'First instant after it',
  hours Float64 COMMENT 'From one to the other (hours)',
  goes_on UInt8 COMMENT '1 when the stockout went on after to_at',
  daily_units Float64 COMMENT 'Forecast demand of the SKU on the channel (units a day)',
  lost_units Decimal(18, 6) COMMENT 'Estimated: demand by hour of the week times hours, substitution 0',
  lost_units_low Decimal(18, 6) COMMENT 'Lower end of its 90 % interval',
  lost_units_high Decimal(18, 6) COMMENT 'Upper end of its 90 % interval',
  unit_price Decimal(18, 6) COMMENT 'Last price of the SKU on the channel (house currency), 0 when there was none',
  unit_cost Decimal(18, 6) COMMENT 'Cost of one unit (house currency), 0 when it is not known',
  lost_revenue Decimal(18, 6) COMMENT 'Units times price (house currency)',
  lost_margin Decimal(18, 6) COMMENT 'Units times price less cost (house currency)',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event at which it was written'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (channel_id, sku_id, from_at)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Times in which a channel had nothing to sell of a SKU, and what that is estimated to have cost'
