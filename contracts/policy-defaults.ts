/**
 * What holds where no policy says otherwise, by policy and field: where the processors begin, and what people
 * are shown. Defaults of the rules stand beside them in rules.ts.
 */
export const POLICY_DEFAULTS = {
  safety_stock: { units: 0 },
  channel: { share: 1 },
  supply: { lateness_p90_h: 0, dock_to_stock_p90_h: 24, fill_rate: 1 },
  measurement: {
    count_tolerance_a: 0.01,
    count_tolerance_b: 0.03,
    count_tolerance_c: 0.05,
    po_early_d: 2,
    po_late_d: 0,
    claims_d: 14,
    refund_receipt_d: 30,
    otif_date: 'promised',
    otif_level: 'order',
    shrink_basis: 'net_sales',
  },
  severity: {
    sev1_amount: 10_000,
    sev2_amount: 1_000,
    sev3_amount: 100,
    sev1_orders: 20,
    sev2_orders: 1,
  },
} as const;
