/**
 * The data dictionary: every table and view of the database with the comments that the migrations gave them.
 * Read from ClickHouse, so that it cannot tell of another schema than the one there is; shared by all who ask
 * within a while. Also the names that SQL of people may use as parameterised views.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { SchemaTable, SchemaView } from '../../contracts/sql.ts';
import { queryRows } from '../clickhouse/query.ts';

interface TableRow {
  readonly name: string;
  readonly engine: string;
  readonly comment: string;
  readonly primary_key: string;
  readonly sorting_key: string;
  readonly partition_key: string;
  readonly rows: number | null;
  readonly bytes: number | null;
  /** SELECT of a view, else empty. */
  readonly select: string;
  /** Name and type of each. */
  readonly parameters: readonly (readonly string[])[];
}

interface ColumnRow {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly comment: string;
  readonly is_primary: number;
  readonly is_sorting: number;
  readonly is_partition: number;
}

export class Dictionary {
  readonly #client: ClickHouseClient;
  readonly #freshMs: number;
  readonly #nowMs: () => number;
  #shared: { readonly atMs: number; readonly view: Promise<SchemaView> } | null = null;

  constructor(options: { client: ClickHouseClient; freshMs: number; nowMs: () => number }) {
    this.#client = options.client;
    this.#freshMs = options.freshMs;
    this.#nowMs = options.nowMs;
  }

  /** Rejects when ClickHouse does not answer. */
  read(): Promise<SchemaView> {
    const nowMs = this.#nowMs();
    if (this.#shared !== null && nowMs - this.#shared.atMs < this.#freshMs)
      return this.#shared.view;
    const view = this.#read();
    const shared = { atMs: nowMs, view };
    this.#shared = shared;
    // A failure is not shared with who asks next.
    view.catch(() => {
      if (this.#shared === shared) this.#shared = null;
    });
    return view;
  }

  /** Views that are read with arguments, as `order_aging(at = …)`. */
  async parameterisedViews(): Promise<ReadonlySet<string>> {
    const { tables } = await this.read();
    return new Set(tables.filter((one) => one.parameters.length > 0).map(({ name }) => name));
  }

  async #read(): Promise<SchemaView> {
    const [tables, columns, [server]] = await Promise.all([
      queryRows<TableRow>(
        this.#client,
        `SELECT name, engine, comment, primary_key, sorting_key, partition_key,
           total_rows AS rows, total_bytes AS bytes, as_select AS select, arrayMap(p -> [p.1, p.2], parameterized_view_parameters) AS parameters
         FROM system.tables
         WHERE database = currentDatabase() AND NOT is_temporary
         ORDER BY name`,
        {},
      ),
      queryRows<ColumnRow>(
        this.#client,
        `SELECT table, name, type, comment, is_in_primary_key AS is_primary,
           is_in_sorting_key AS is_sorting, is_in_partition_key AS is_partition
         FROM system.columns
         WHERE database = currentDatabase()
         ORDER BY table, position`,
        {},
      ),
      queryRows<{ database: string; version: string }>(
        this.#client,
        'SELECT currentDatabase() AS database, version() AS version',
        {},
      ),
    ]);
    return {
      database: server?.database ?? '',
      version: server?.version ?? '',
      tables: describeTables(tables, columns),
    };
  }
}

/** Tables with their columns, by group and name. Pure. */
export function describeTables(
  tables: readonly TableRow[],
  columns: readonly ColumnRow[],
): SchemaTable[] {
  const byTable = new Map(tables.map(({ name }): [string, ColumnRow[]] => [name, []]));
  for (const column of columns) byTable.get(column.table)?.push(column);
  const commentOf = inheritedComments(tables, byTable);
  return tables.map(({ parameters, select: _select, ...table }) => ({
    ...table,
    group: groupOf(table),
    parameters: parameters.map(([name = '', type = '']) => ({ name, type })),
    columns: (byTable.get(table.name) ?? []).map((column) => ({
      name: column.name,
      type: column.type,
      comment: commentOf(column),
      keys: [
        ...(column.is_primary === 1 ? (['primary'] as const) : []),
        ...(column.is_sorting === 1 ? (['sorting'] as const) : []),
        ...(column.is_partition === 1 ? (['partition'] as const) : []),
      ],
    })),
  }));
}

/** How far views upon views are followed. */
const MAX_VIEW_DEPTH = 4;

/**
 * Columns of views carry no comments; one that is passed on under its name means what it means in the table
 * or view that it comes from.
 */
function inheritedComments(
  tables: readonly TableRow[],
  byTable: ReadonlyMap<string, readonly ColumnRow[]>,
): (column: ColumnRow) => string {
  const sources = new Map(
    tables.map(({ name, select }) => {
      const words = new Set(select.match(/\w+/g));
      words.delete(name);
      return [name, [...byTable.keys()].filter((other) => words.has(other))] as const;
    }),
  );
  const find = (table: string, name: string, depth: number): string => {
    const own = byTable.get(table)?.find((column) => column.name === name)?.comment ?? '';
    if (own !== '' || depth === 0) return own;
    const inherited = (sources.get(table) ?? []).map((source) => find(source, name, depth - 1));
    return inherited.find((comment) => comment !== '') ?? '';
  };
  return ({ name, table }) => find(table, name, MAX_VIEW_DEPTH);
}

/** What a table is for, by its engine and the naming of the migrations. */
function groupOf({ engine, name }: Pick<TableRow, 'engine' | 'name'>): SchemaTable['group'] {
  if (name.startsWith('_')) return 'inner';
  switch (engine.replace(/^(Replicated|Shared)/, '')) {
    case 'MaterializedView':
    case 'Null':
      return 'inner';
    case 'AggregatingMergeTree':
      return 'rollups';
    case 'ReplacingMergeTree':
    case 'SummingMergeTree':
      return 'state';
    case 'View':
      if (name.startsWith('kpi_')) return 'kpi';
      if (name === 'measures') return 'rollups';
      return /_(now|latest|board|open)$/.test(name) ? 'state' : 'views';
    default:
      return 'facts';
  }
}
