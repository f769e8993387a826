-- Grain: one SKU. Source: demand, from item.upserted. Readers: K17, whoever values stock.
-- ORDER BY sku_id: the newest row of a SKU replaces older ones; read with FINAL.
CREATE TABLE sku_costs (
  sku_id String COMMENT 'Stock keeping unit',
  abc_class LowCardinality(String) COMMENT 'Class by value',
  unit_cost Decimal(18, 6) COMMENT 'Cost of one unit in the house currency; 0 when it is in another one',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = ReplacingMergeTree(seq)
ORDER BY sku_id
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'What a unit of each SKU costs in the house currency (read with FINAL)'
