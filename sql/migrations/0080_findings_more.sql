-- A finding's end, and what its case is made of: exposure, parameters, the figure behind it.
ALTER TABLE findings
  ADD COLUMN state LowCardinality(String) DEFAULT 'raised' COMMENT 'raised, or cleared: the condition of the finding of this id holds no more',
  ADD COLUMN supplier_id LowCardinality(String) DEFAULT '' COMMENT 'Supplier, or empty',
  ADD COLUMN location_id String DEFAULT '' COMMENT 'Bin, or empty',
  ADD COLUMN amount Decimal(18, 6) DEFAULT 0 COMMENT 'Money at risk, in the house currency',
  ADD COLUMN orders_at_risk UInt32 DEFAULT 0 COMMENT 'Promised orders at risk',
  ADD COLUMN rule_version UInt64 DEFAULT 0 COMMENT 'Log sequence of the policy that set the parameters; 0: defaults',
  ADD COLUMN statistic String DEFAULT '' COMMENT 'Of a statistical rule: the figure behind it as JSON, or empty';
