-- Grain: one SKU. Source: item.upserted by way of the archive processor. Readers: search, data teams.
-- ORDER BY sku_id: the newest version of a SKU replaces older ones; read with FINAL.
CREATE TABLE items (
  sku_id String COMMENT 'Stock keeping unit',
  description String COMMENT 'Name, or empty',
  gtin String COMMENT '14 digits, or empty',
  uom LowCardinality(String) COMMENT 'Unit of measure',
  pack_qty UInt32 COMMENT 'Base units in a pack',
  abc_class LowCardinality(String) COMMENT 'Class by value: A, B or C',
  unit_cost Decimal(18, 6) COMMENT 'Cost of one unit, in currency',
  currency LowCardinality(String) COMMENT 'ISO 4217, or empty for the house currency',
  status LowCardinality(String) COMMENT 'active, discontinued or blocked',
  time DateTime64(3, 'UTC') COMMENT 'Event time of this version',
  seq UInt64 COMMENT 'Sequence in the log'
)
ENGINE = ReplacingMergeTree(time)
ORDER BY sku_id
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Item master: the newest version of each SKU (read with FINAL)';
