/**
 * SQL as people and programs send it to the API: the query with its bounds, how far it has come, saved
 * queries, and the data dictionary. Shared by the API that answers and the dashboard that asks.
 */
import { Type, type Static, type TSchema } from 'typebox';
import { oneOf } from './fields.ts';

const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const at = (description: string) => Type.String({ description: `${description} (RFC 3339)` });

/** Longest query, in characters. */
export const MAX_SQL_LENGTH = 20_000;
const MAX_PARAMS = 50;

/** Formats of ClickHouse in which results are answered, with what a browser is told of them. */
export const SQL_FORMATS = {
  JSON: { contentType: 'application/json; charset=utf-8', extension: 'json' },
  JSONStrings: { contentType: 'application/json; charset=utf-8', extension: 'json' },
  JSONCompact: { contentType: 'application/json; charset=utf-8', extension: 'json' },
  JSONCompactStrings: { contentType: 'application/json; charset=utf-8', extension: 'json' },
  JSONEachRow: { contentType: 'application/x-ndjson; charset=utf-8', extension: 'ndjson' },
  JSONCompactEachRow: { contentType: 'application/x-ndjson; charset=utf-8', extension: 'ndjson' },
  CSV: { contentType: 'text/csv; charset=utf-8; header=absent', extension: 'csv' },
  CSVWithNames: { contentType: 'text/csv; charset=utf-8; header=present', extension: 'csv' },
  TSV: { contentType: 'text/tab-separated-values; charset=utf-8', extension: 'tsv' },
  TSVWithNames: { contentType: 'text/tab-separated-values; charset=utf-8', extension: 'tsv' },
  TabSeparated: { contentType: 'text/tab-separated-values; charset=utf-8', extension: 'tsv' },
  TabSeparatedWithNames: {
    contentType: 'text/tab-separated-values; charset=utf-8',
    extension: 'tsv',
  },
  Markdown: { contentType: 'text/markdown; charset=utf-8', extension: 'md' },
  PrettyCompactMonoBlock: { contentType: 'text/plain; charset=utf-8', extension: 'txt' },
  Vertical: { contentType: 'text/plain; charset=utf-8', extension: 'txt' },
  XML: { contentType: 'application/xml; charset=utf-8', extension: 'xml' },
  Parquet: { contentType: 'application/vnd.apache.parquet', extension: 'parquet' },
  Arrow: { contentType: 'application/vnd.apache.arrow.file', extension: 'arrow' },
  ArrowStream: { contentType: 'application/vnd.apache.arrow.stream', extension: 'arrows' },
  ORC: { contentType: 'application/octet-stream', extension: 'orc' },
  Native: { contentType: 'application/octet-stream', extension: 'native' },
  RowBinaryWithNamesAndTypes: { contentType: 'application/octet-stream', extension: 'bin' },
} as const;
export type SqlFormat = keyof typeof SQL_FORMATS;

/** The bounds of one query: what holds when nothing is said, and the most that can be asked for. */
export const SQL_BOUNDS = {
  seconds: { default: 30, max: 120, what: 'Time that it may run' },
  rows: { default: 1_000_000, max: 5_000_000, what: 'Rows of its result' },
  bytes: { default: 67_108_864, max: 134_217_728, what: 'Bytes of its result' },
  read_rows: { default: 1_000_000_000, max: 10_000_000_000, what: 'Rows that it may read' },
  memory_bytes: { default: 268_435_456, max: 536_870_912, what: 'Memory that it may take' },
} as const;
export type SqlBound = keyof typeof SQL_BOUNDS;

const bound = ({ default: usual, max, what }: (typeof SQL_BOUNDS)[SqlBound]) =>
  Type.Integer({ default: usual, minimum: 1, maximum: max, description: what });

export const SqlLimits = Type.Object(
  {
    seconds: bound(SQL_BOUNDS.seconds),
    rows: bound(SQL_BOUNDS.rows),
    bytes: bound(SQL_BOUNDS.bytes),
    read_rows: bound(SQL_BOUNDS.read_rows),
    memory_bytes: bound(SQL_BOUNDS.memory_bytes),
    overflow: Type.Enum(['refuse', 'cut'], {
      default: 'refuse',
      description:
        'A result of more rows is refused, or (a SELECT) ends after limits.rows, for a look',
    }),
  },
  { additionalProperties: false, description: 'Beyond any of them the query ends with a problem' },
);
export type SqlLimits = Static<typeof SqlLimits>;

const SqlText = Type.String({
  minLength: 1,
  maxLength: MAX_SQL_LENGTH,
  description: 'One SELECT, WITH, SHOW, DESCRIBE, EXISTS or EXPLAIN, without FORMAT and SETTINGS',
});

export const QUERY_ID_PATTERN = '^[A-Za-z0-9_-]{8,64}$';

export const SqlRequest = Type.Object(
  {
    query: SqlText,
    format: Type.Enum(Object.keys(SQL_FORMATS) as SqlFormat[], {
      default: 'JSON',
      description: 'As ClickHouse has them',
    }),
    params: Type.Record(
      Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' }),
      // Not narrower: a validator that converts types would turn a list of one into its element.
      Type.Unknown(),
      { default: {}, maxProperties: MAX_PARAMS, description: 'Values of {name:Type} in the query' },
    ),
    limits: Type.Partial(SqlLimits, { additionalProperties: false, default: {} }),
    query_id: Type.Optional(
      Type.String({
        pattern: QUERY_ID_PATTERN,
        description: 'To ask for its progress, or cancel it, by; a new one when it is not given',
      }),
    ),
    name: Type.Optional(
      Type.String({
        maxLength: 80,
        pattern: '^[^\\u0000-\\u001f\\u007f"\\\\/]*$',
        description: 'Name of the file that the answer is saved as, without its extension',
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      {
        query:
          'SELECT node_id, sum(qty) AS units FROM stock_movements WHERE sku_id = {sku:String} GROUP BY node_id',
        format: 'CSVWithNames',
        params: { sku: '85123A' },
        limits: { seconds: 10 },
      },
    ],
  },
);
export type SqlRequest = Static<typeof SqlRequest>;

export const SqlProgress = Type.Object(
  {
    query_id: Type.String(),
    state: oneOf(['running', 'sending', 'done', 'failed', 'cancelled'], 'Where it stands'),
    elapsed_s: Type.Number({ description: 'Since it was asked' }),
    read_rows: Type.Integer({ description: 'Rows read so far' }),
    read_bytes: Type.Integer({ description: 'Bytes read so far' }),
    total_rows: nullable(Type.Integer({ description: 'About how many will be read, once known' })),
    memory_bytes: Type.Integer({ description: 'Memory that it takes' }),
    detail: nullable(Type.String({ description: 'Why it ended, when it did not end well' })),
  },
  {
    examples: [
      {
        ...{ query_id: '0f1c2d3e-aaaa-4bbb-8ccc-123456789abc', state: 'running', elapsed_s: 2.4 },
        ...{ read_rows: 12_582_912, read_bytes: 100_663_296, total_rows: 50_000_000 },
        ...{ memory_bytes: 4_194_304, detail: null },
      },
    ],
  },
);
export type SqlProgress = Static<typeof SqlProgress>;

export const SAVED_NAME_PATTERN = '^[a-z0-9][a-z0-9-]{0,63}$';

export const SavedQueryDraft = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 120, description: 'As people read it' }),
    description: Type.String({ default: '', maxLength: 1000 }),
    query: SqlText,
  },
  {
    additionalProperties: false,
    examples: [
      {
        title: 'Units by node',
        description: 'What stands where, for the Monday call',
        query: 'SELECT node_id, sum(qty) AS units FROM stock_movements GROUP BY node_id',
      },
    ],
  },
);
export type SavedQueryDraft = Static<typeof SavedQueryDraft>;

export const SavedQuery = Type.Object(
  {
    name: Type.String({ pattern: SAVED_NAME_PATTERN }),
    ...SavedQueryDraft.properties,
    saved_by: Type.String({ description: 'Who saved this version' }),
    saved_at: at('When'),
    etag: Type.String({ description: 'Version; send it as If-Match to change or remove it' }),
  },
  {
    examples: [
      {
        ...{ name: 'units-by-node', title: 'Units by node', description: '' },
        query: 'SELECT node_id, sum(qty) AS units FROM stock_movements GROUP BY node_id',
        ...{ saved_by: 'ana', saved_at: '2025-03-01T09:00:00.000Z', etag: '"7"' },
      },
    ],
  },
);
export type SavedQuery = Static<typeof SavedQuery>;

/** A query that ships with the system: a question of executives, or the SELECT of a KPI. */
export const ExampleQuery = Type.Object({
  name: Type.String(),
  title: Type.String(),
  description: Type.String(),
  query: Type.String(),
  params: Type.Record(Type.String(), Type.String(), {
    description: 'Values for the parameters in it, as a start',
  }),
});
export type ExampleQuery = Static<typeof ExampleQuery>;

export const SavedQueries = Type.Object({
  saved: Type.Array(SavedQuery, { description: 'By title' }),
  examples: Type.Array(ExampleQuery, { description: 'Ship with the system' }),
});
export type SavedQueries = Static<typeof SavedQueries>;

export const SCHEMA_GROUPS = ['facts', 'state', 'views', 'kpi', 'rollups', 'inner'] as const;

const SchemaColumn = Type.Object({
  name: Type.String(),
  type: Type.String({ description: "ClickHouse's type" }),
  comment: Type.String({ description: 'What it holds, and its unit' }),
  keys: Type.Array(Type.Enum(['primary', 'sorting', 'partition']), {
    description: 'Keys of the table that it is part of',
  }),
});

const SchemaTable = Type.Object({
  name: Type.String(),
  group: oneOf(
    SCHEMA_GROUPS,
    'facts: what happened; state: what is now; views: answers; kpi: what each KPI is made of; rollups: sums by time; inner: what feeds others',
  ),
  comment: Type.String({ description: 'Grain and meaning of a row' }),
  parameters: Type.Array(Type.Object({ name: Type.String(), type: Type.String() }), {
    description: 'What a view wants to be given: FROM order_aging(at = …)',
  }),
  engine: Type.String({ description: 'View or a MergeTree' }),
  primary_key: Type.String(),
  sorting_key: Type.String(),
  partition_key: Type.String(),
  rows: nullable(Type.Integer({ description: 'Rows now; null of a view' })),
  bytes: nullable(Type.Integer({ description: 'Bytes on disk, compressed; null of a view' })),
  columns: Type.Array(SchemaColumn),
});
export type SchemaTable = Static<typeof SchemaTable>;

export const SchemaView = Type.Object(
  { database: Type.String(), version: Type.String(), tables: Type.Array(SchemaTable) },
  {
    examples: [
      {
        database: 'stocktide',
        version: '26.7.2.1',
        tables: [
          {
            ...{ name: 'stock_movements', group: 'facts', comment: 'One row per movement' },
            parameters: [],
            ...{ engine: 'MergeTree', primary_key: 'sku_id, node_id', partition_key: '' },
            ...{ sorting_key: 'sku_id, node_id', rows: 1_234_567, bytes: 23_456_789 },
            columns: [
              { name: 'qty', type: 'Int64', comment: 'Units moved (base units)', keys: [] },
            ],
          },
        ],
      },
    ],
  },
);
export type SchemaView = Static<typeof SchemaView>;
