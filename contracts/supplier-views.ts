/** Suppliers as people look at them: a scorecard, and one supplier with its orders and receipts. */
import { Type, type Static } from 'typebox';
import { at, CLOCK, NEXT, nullable, Series, STEPPED_WINDOW } from './answer.ts';

const share = (description: string) =>
  nullable(Type.Number({ description: `${description} (0 … 1); null without any` }));

const SCORECARD = {
  supplier_id: Type.String(),
  on_time: share('PO lines due that were received in time (K20)'),
  in_full: share('Units due that were received by the due date (K23)'),
  variance: share('Units off of those expected, over and short (K21b)'),
  defects: share('Units rejected of those received (K24)'),
  asn_accuracy: share('ASN lines that brought exactly what they announced'),
  po_lines_due: Type.Integer({ description: 'PO lines that fell due' }),
  receipt_units: Type.Integer({ description: 'Units expected of receipts' }),
  asn_lines: Type.Integer({ description: 'ASN lines that are done' }),
  lead_time: nullable(
    Type.Object(
      {
        count: Type.Integer(),
        mean_d: Type.Number({ description: 'Days' }),
        p90_d: Type.Number({ description: 'Days' }),
        cv: nullable(
          Type.Number({
            description: 'Standard deviation over mean: below 0.2 good, above 0.5 poor',
          }),
        ),
      },
      { description: 'Of PO lines first received in the window (K22)' },
    ),
  ),
  open_pos: Type.Integer({ description: 'Purchase orders with units to come' }),
  open_units: Type.Integer(),
  overdue_pos: Type.Integer({ description: 'Of those, past their due date' }),
  overdue_units: Type.Integer(),
  overdue_value: Type.String({
    description: 'Overdue units at unit cost (decimal string, house currency)',
  }),
  cases: Type.Integer({ description: 'Open cases' }),
  on_time_series: Series('On time, by step'),
  variance_series: Series('Units off, by step'),
};

export const SupplierScore = Type.Object(SCORECARD);
export type SupplierScore = Static<typeof SupplierScore>;

/** `GET /v1/suppliers`. */
export const SupplierList = Type.Object({
  ...CLOCK,
  window: STEPPED_WINDOW,
  suppliers: Type.Array(SupplierScore, {
    description: 'The most overdue value first, then the most units off',
  }),
});
export type SupplierList = Static<typeof SupplierList>;

/** `GET /v1/suppliers/{id}`. */
export const SupplierDetail = Type.Object({
  ...CLOCK,
  window: STEPPED_WINDOW,
  ...SCORECARD,
  lead_times: Type.Array(
    Type.Object({
      from_d: Type.Number({ description: 'Days, inclusive' }),
      to_d: Type.Number({ description: 'Days, exclusive' }),
      lines: Type.Integer({ description: 'PO lines' }),
    }),
    { description: 'Distribution of lead times, bins of equal width' },
  ),
  drift: nullable(
    Type.Object(
      {
        case_id: Type.String(),
        detail: Type.String(),
        level: nullable(
          Type.Number({ description: 'Variance that matters, of what is expected (0 … 1)' }),
        ),
        statistic: nullable(
          Type.Object({
            name: Type.String(),
            value: Type.Number(),
            expected: Type.Number(),
            limit: Type.Number(),
          }),
        ),
      },
      { description: 'The open case that its receipts drift or are off' },
    ),
  ),
});
export type SupplierDetail = Static<typeof SupplierDetail>;

export const PO_STATUSES = ['open', 'closed', 'all'] as const;

/** `GET /v1/suppliers/{id}/po-lines`. */
export const PoLineList = Type.Object({
  ...CLOCK,
  lines: Type.Array(
    Type.Object({
      po_id: Type.String(),
      sku_id: Type.String(),
      node_id: Type.String(),
      status: Type.String(),
      issued_at: at('When it was issued'),
      due_at: at('Due date, as last ordered'),
      promised_at: nullable(at('Date that the supplier promised')),
      ordered: Type.Integer(),
      received: Type.Integer(),
      open: Type.Integer({ description: 'Units still to come' }),
      in_transit: Type.Integer({ description: 'Of those, announced by ASNs' }),
      overdue: Type.Boolean(),
      on_time: Type.Boolean(),
    }),
    { description: 'Open ones by due date; else the latest due first' },
  ),
  ...NEXT,
});
export type PoLineList = Static<typeof PoLineList>;

/** `GET /v1/suppliers/{id}/receipts`. */
export const ReceiptList = Type.Object({
  receipts: Type.Array(
    Type.Object({
      receipt_id: Type.String(),
      po_id: Type.String(),
      asn_id: Type.String(),
      sku_id: Type.String(),
      node_id: Type.String(),
      expected_from: Type.String({ description: 'asn, po, receipt or nothing' }),
      expected: nullable(Type.Integer()),
      received: Type.Integer(),
      variance: nullable(Type.Integer({ description: 'Received less expected' })),
      rejected: Type.Integer(),
      received_at: at('When'),
    }),
    { description: 'The newest first' },
  ),
  ...NEXT,
});
export type ReceiptList = Static<typeof ReceiptList>;
