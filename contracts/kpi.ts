/**
 * Answers about KPIs: the catalogue with its values, one KPI with its series and definition, and the live
 * topic `kpi`. Shared by the API that computes them and the dashboard that shows them.
 *
 * A ratio is stored as 0 … 1 whatever its unit reads; hours are hours. `null` is "nothing to measure",
 * never zero.
 */
import { Type, type Static } from 'typebox';
import { at, CLOCK as clock, nullable, WINDOW as windowFields, WINDOWS } from './answer.ts';
import { oneOf } from './fields.ts';

export const KPI_DIMENSIONS = ['node_id', 'channel_id', 'sla_class', 'dim', 'sku_id'] as const;
export type KpiDimension = (typeof KPI_DIMENSIONS)[number];

export const KPI_WINDOWS = WINDOWS;
export type KpiWindowName = (typeof KPI_WINDOWS)[number];

export const KPI_GROUPS = [
  'Service',
  'Inventory',
  'Supply',
  'Warehouse',
  'Returns',
  'Control',
] as const;

const Spread = Type.Object(
  {
    count: Type.Integer({ description: 'Measured' }),
    mean: Type.Number(),
    stddev: nullable(Type.Number({ description: 'Sample standard deviation' })),
    p50: Type.Number(),
    p90: Type.Number(),
    p95: Type.Number(),
  },
  { description: 'Of a duration, in hours' },
);

/** A value with what it is made of. */
const measured = {
  value: nullable(Type.Number({ description: 'As all that is known by now has it' })),
  num: nullable(Type.Number({ description: 'Numerator' })),
  den: nullable(Type.Number({ description: 'Denominator' })),
  known_value: nullable(
    Type.Number({ description: 'As it was known when the stretch of time ended' }),
  ),
  spread: nullable(Spread),
};

export const KpiPointView = Type.Object({
  from: at('First instant'),
  to: at('First instant after it'),
  ...measured,
});
export type KpiPointView = Static<typeof KpiPointView>;

export const KpiGroupView = Type.Object({
  key: Type.String({ description: 'Value of the dimension; empty for records without one' }),
  ...measured,
});
export type KpiGroupView = Static<typeof KpiGroupView>;

/** How sure a number is. */
const trust = {
  last_event_at: nullable(at('Event time of the newest event of the entities that it needs')),
  age_s: nullable(Type.Number({ description: 'Since then, on the clock of the answer (s)' })),
  provisional: nullable(
    Type.Object(
      {
        detail: Type.String({ description: 'Why, in a sentence' }),
        sources: Type.Array(
          Type.Object({
            source: Type.String(),
            last_event_at: at('Its newest event'),
            age_s: Type.Number({ description: 'Since then (s)' }),
            cadence_s: nullable(
              Type.Number({ description: 'How often it is expected to send (s)' }),
            ),
          }),
        ),
      },
      { description: 'A source that it needs is behind: the number will change' },
    ),
  ),
};

const described = {
  id: Type.String({ description: 'Such as K01b' }),
  name: Type.String(),
  group: oneOf(KPI_GROUPS, 'Where it stands on the board'),
  kind: oneOf(['ratio', 'amount', 'duration', 'level', 'level_ratio'], 'How it is computed'),
  unit: Type.String({ description: 'As people read it; a ratio in % is stored as 0 … 1' }),
  direction: oneOf(['up', 'down', 'band'], 'Which way is good; band: close to zero'),
  target: nullable(Type.Number({ description: 'In the stored unit' })),
  definition: Type.String({ description: 'One line' }),
  dimensions: Type.Array(oneOf(KPI_DIMENSIONS, 'What it can be cut by')),
  dim: nullable(Type.String({ description: 'What `dim` is of this KPI' })),
  needs: Type.Array(Type.String(), { description: 'Entities of the events that it needs' }),
};

export const KpiStatus = oneOf(
  ['met', 'missed', 'no_target', 'no_data'],
  'The value against the target',
);
export type KpiStatus = Static<typeof KpiStatus>;

/** What changes of a KPI on the board. */
export const KpiReading = Type.Object({
  value: measured.value,
  num: measured.num,
  den: measured.den,
  spread: measured.spread,
  status: KpiStatus,
  previous: nullable(Type.Number({ description: 'Value of the period before, as of now' })),
  revised: Type.Boolean({
    description:
      'Late facts have changed a stretch of it that was over: known_value of the series differs',
  }),
  series: Type.Array(nullable(Type.Number()), {
    description: 'The window in equal steps, oldest first',
  }),
  trouble: nullable(Type.String({ description: 'Why it could not be computed' })),
});
export type KpiReading = Static<typeof KpiReading>;

export const KpiSummary = Type.Object({ ...described, ...KpiReading.properties, ...trust });
export type KpiSummary = Static<typeof KpiSummary>;

/** `GET /v1/kpi`. */
export const KpiCatalogueView = Type.Object({
  ...clock,
  window: Type.Object({
    ...windowFields,
    previous_from: at('First instant of the period before'),
    step_s: Type.Number({ description: 'Length of a step of the series (s)' }),
  }),
  kpis: Type.Array(KpiSummary),
  left_out: Type.Array(Type.String(), {
    description: 'KPIs that do not have a dimension that was chosen',
  }),
});
export type KpiCatalogueView = Static<typeof KpiCatalogueView>;

/** `GET /v1/kpi/{id}`. */
export const KpiDetail = Type.Object({
  ...described,
  ...clock,
  window: Type.Object({
    ...windowFields,
    step_s: Type.Number({ description: 'Of the series (s)' }),
  }),
  ...measured,
  status: KpiStatus,
  ...trust,
  series: Type.Array(KpiPointView, {
    description: 'By step, oldest first; stretches with nothing to measure are left out',
  }),
  by: nullable(oneOf(KPI_DIMENSIONS, 'Dimension of the groups')),
  groups: Type.Array(KpiGroupView, {
    description: 'The window cut by the dimension, largest first',
  }),
  groups_left_out: Type.Integer({ description: 'Groups beyond those shown' }),
  cohort: Type.String({ description: 'The date that assigns a record to a window' }),
  numerator: Type.String(),
  denominator: nullable(Type.String()),
  note: nullable(Type.String()),
  view: Type.String({ description: 'Its view in ClickHouse' }),
  sql: Type.String({ description: 'The SELECT that defines it' }),
  lineage: Type.Object({
    tables: Type.Array(Type.String()),
    measures: Type.Array(Type.String()),
    event_types: Type.Array(Type.String()),
  }),
});
export type KpiDetail = Static<typeof KpiDetail>;

/**
 * Data of the topics `kpi` (the last day) and `kpi:<window>`: beside these fields one for each KPI, named
 * by its id, with its KpiReading. What never changes, such as its name, is in `GET /v1/kpi`.
 */
export interface KpiLiveHead {
  /** Wall time of the answer (RFC 3339); changes every second. */
  readonly at: string;
  readonly now: string;
  readonly clock: KpiCatalogueView['clock'];
  readonly window: KpiCatalogueView['window'];
  /** `last_event_at` of each KPI. */
  readonly freshness: Readonly<Record<string, string | null>>;
  /** `provisional` of those that are, without ages. */
  readonly provisional: Readonly<Record<string, readonly string[]>>;
}
export type KpiLive = KpiLiveHead & Readonly<Record<`K${string}`, KpiReading>>;

/** `GET /v1/questions`: what can be asked. */
export const QuestionInfo = Type.Object({
  name: Type.String({ description: 'Such as order-aging' }),
  question: Type.String({ description: 'As one asks it' }),
  row: Type.String({ description: 'What a row is, and how rows are ordered' }),
  note: nullable(Type.String()),
  lineage: Type.Array(Type.String(), { description: 'Tables and views that it reads' }),
});
export type QuestionInfo = Static<typeof QuestionInfo>;

export const QuestionList = Type.Object({ questions: Type.Array(QuestionInfo) });

const Cell = Type.Union([Type.String(), Type.Number(), Type.Null()]);

/** `GET /v1/questions/{name}`. */
export const QuestionAnswer = Type.Object({
  ...QuestionInfo.properties,
  ...clock,
  window: Type.Object(windowFields),
  ...trust,
  columns: Type.Array(
    Type.Object({ name: Type.String(), type: Type.String({ description: 'As in ClickHouse' }) }),
  ),
  rows: Type.Array(Type.Record(Type.String(), Cell)),
  sql: Type.String({ description: 'The SELECT; it takes from, to and limit' }),
});
export type QuestionAnswer = Static<typeof QuestionAnswer>;

/** `GET /v1/orders/{id}/trace`. */
export const OrderTrace = Type.Object({
  ref: Type.String({ description: 'What was asked for' }),
  entries: Type.Array(
    Type.Object({
      seq: Type.Integer({ description: 'Log sequence' }),
      idx: Type.Integer({ description: 'Place among the entries of one event' }),
      kind: Type.String({ description: 'event, or movement of stock that it caused' }),
      what: Type.String(),
      at: at('When it happened'),
      ref: Type.String({ description: 'Shipment, refund, return, document or line' }),
      sku_id: Type.String(),
      node_id: Type.String(),
      units: Type.Integer(),
      amount: Type.String({ description: 'Money as a decimal string, or empty' }),
      currency: Type.String(),
      source: Type.String(),
      event_id: Type.String(),
    }),
    { description: 'In the order of the log' },
  ),
  cut: Type.Boolean({ description: 'There is more than can be answered' }),
});
export type OrderTrace = Static<typeof OrderTrace>;
