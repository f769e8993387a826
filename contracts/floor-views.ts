/** A node's floor as people look at it: where counts, picks and bins go wrong, and how fast work goes. */
import { Type, type Static } from 'typebox';
import { at, CLOCK, nullable, Series, STEPPED_WINDOW } from './answer.ts';
import { oneOf } from './fields.ts';
import { SEVERITIES } from './rules.ts';

export const FloorLocation = Type.Object({
  location_id: Type.String({ description: 'Bin' }),
  picks: Type.Integer({ description: 'Pick lines' }),
  short_picks: Type.Integer({ description: 'Pick lines with fewer units than requested' }),
  short_units: Type.Integer(),
  counts: Type.Integer(),
  counts_off: Type.Integer({ description: 'Counts out of tolerance' }),
  net_variance: Type.Integer({ description: 'Counted less book (units)' }),
  abs_variance: Type.Integer({ description: 'Off either way (units)' }),
  location_errors: Type.Integer(),
  failed_scans: Type.Integer(),
  last_count_at: nullable(at('When it was last counted in the window')),
});
export type FloorLocation = Static<typeof FloorLocation>;

/** `GET /v1/floor`. */
export const FloorView = Type.Object({
  ...CLOCK,
  window: STEPPED_WINDOW,
  nodes: Type.Array(Type.String(), { description: 'Nodes with a floor, the busiest first' }),
  node_id: nullable(Type.String({ description: 'The one that this is about; null without any' })),
  totals: Type.Object({
    pick_lines: Type.Integer(),
    short_lines: Type.Integer(),
    units_picked: Type.Integer(),
    picking_hours: Type.Number({ description: 'Direct labour in picking (h)' }),
    counts: Type.Integer(),
    counts_confirmed: Type.Integer({ description: 'Within tolerance of the book' }),
    bins_picked: Type.Integer({ description: 'Bins that were picked from' }),
    bins_picked_counted: Type.Integer({ description: 'Of those, counted as well' }),
  }),
  locations: Type.Array(FloorLocation, {
    description: 'Bins of which anything happened; the ones with most trouble first',
  }),
  locations_left_out: Type.Integer({ description: 'Bins beyond those shown' }),
  shorts_by_sku: Type.Array(
    Type.Object({
      sku_id: Type.String(),
      lines: Type.Integer({ description: 'Pick lines' }),
      short_lines: Type.Integer(),
      short_units: Type.Integer(),
      locations: Type.Array(Type.String(), { description: 'Bins that it was short in, a few' }),
    }),
    { description: 'The most units short first' },
  ),
  series: Type.Object({
    units_per_hour: Series('Units picked by hour of direct labour (K27a)'),
    pick_lines: Series('Pick lines'),
    short_rate: Series('Part of pick lines that were short (K26)'),
    counts: Series('Counts done'),
    accuracy: Series('Part of counts within tolerance (K12)'),
  }),
  cases: Type.Array(
    Type.Object({
      location_id: Type.String(),
      case_id: Type.String(),
      title: Type.String(),
      severity: oneOf(SEVERITIES, 'SEV1 is the worst'),
    }),
    { description: 'Open cases of bins of the node' },
  ),
});
export type FloorView = Static<typeof FloorView>;
