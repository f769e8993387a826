/**
 * The definitions of the KPIs: one file each in sql/kpi, a header of comments and one SELECT.
 *
 *   sql/kpi/K01b.sql ─▶ view kpi_k01b, for data teams ─▶ the same SELECT, for the API and whoever else asks
 *
 *   -- id: K01b
 *   -- name: Line fill rate
 *   -- kind: ratio
 *   -- unit: %
 *   …
 *   SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, … AS num, … AS den FROM measures …
 *
 * What a SELECT yields follows from its kind (KPI_COLUMNS). A file that is not well-formed stops the start
 * with its name and what is wrong.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { listOf, readDescribed } from './header.ts';

const DIMENSIONS = ['node_id', 'channel_id', 'sla_class', 'dim', 'sku_id'] as const;
export type KpiDimension = (typeof DIMENSIONS)[number];

/**
 * ratio: Σ num / Σ den by cohort date; null when Σ den is 0.
 * amount: Σ num by cohort date.
 * duration: percentiles of `hours`, each row counted `sign` times.
 * level: Σ value up to an instant.
 * level_ratio: the integrals of two levels over the window, one over the other.
 */
const KPI_KINDS = ['ratio', 'amount', 'duration', 'level', 'level_ratio'] as const;
export type KpiKind = (typeof KPI_KINDS)[number];

export interface KpiDefinition {
  readonly id: string;
  readonly name: string;
  readonly kind: KpiKind;
  /** `%`, `h`, `d`, `units`, `orders`, `money` … as people read it; a ratio in % is stored as 0 … 1. */
  readonly unit: string;
  readonly direction: 'up' | 'down' | 'band';
  /** In the unit of the stored value (0.97 for 97 %); null where there is none. */
  readonly target: number | null;
  /** The date that assigns a record to a window. */
  readonly cohort: string;
  readonly numerator: string;
  /** Absent for what is no ratio. */
  readonly denominator: string | null;
  readonly dimensions: readonly KpiDimension[];
  /** What `dim` is of this KPI, such as carrier; null when it has none. */
  readonly dim: string | null;
  /** True when its denominator has no `dim`: cut by it, each part is held against the whole. */
  readonly isUndivided: boolean;
  /** Entities of the events that it needs: it is provisional while a source of one of them is behind. */
  readonly needs: readonly string[];
  /** Tables that its SELECT goes back to, for lineage. */
  readonly lineage: readonly string[];
  /** A remark for whoever reads the number. */
  readonly note: string | null;
  /** The SELECT. */
  readonly sql: string;
}

/** A file of sql/kpi is not well-formed. */
export class KpiError extends Error {
  override readonly name = 'KpiError';
}

//                          K01b · K22 · K32c
const ID = /^K\d{2}[a-z]?$/;
const REQUIRED = 'id,name,kind,unit,direction,cohort,numerator,dimensions,needs,lineage'.split(',');
const OPTIONAL = ['denominator', 'target', 'dim', 'undivided', 'note'];

/** Reads the definitions of a directory, in the order of their ids. Throws a KpiError. */
export function readKpis(dir: string): KpiDefinition[] {
  const names = readdirSync(dir).filter((name) => name.endsWith('.sql'));
  return names
    .sort()
    .map((name) => parseKpi(readFileSync(join(dir, name), 'utf8'), name.slice(0, -'.sql'.length)));
}

/** Reads one definition. `id` is that of the file name. */
export function parseKpi(text: string, id: string): KpiDefinition {
  const fail = (why: string) => new KpiError(`sql/kpi/${id}.sql: ${why}`);
  const { fields, sql } = readDescribed(text, { required: REQUIRED, optional: OPTIONAL }, fail);
  const field = (name: string): string => fields.get(name) ?? '';
  const oneOf = <T extends string>(name: string, allowed: readonly T[]): T => {
    const found = allowed.find((one) => one === field(name));
    if (found === undefined)
      throw fail(`${name} is ${field(name)}; allowed: ${allowed.join(', ')}`);
    return found;
  };
  const dimensions = listOf(field('dimensions')).map((name) => {
    const found = DIMENSIONS.find((dimension) => dimension === name);
    if (found === undefined) throw fail(`dimension ${name}; allowed: ${DIMENSIONS.join(', ')}`);
    return found;
  });
  if (!ID.test(id) || field('id') !== id) throw fail(`id ${field('id')} is not that of the file`);
  const target = fields.get('target');
  if (target !== undefined && !/^-?\d+(\.\d+)?$/.test(target)) {
    throw fail(`target ${target} is no number in the unit of the value (0.97 for 97 %)`);
  }
  const undivided = fields.get('undivided');
  if (undivided !== undefined && undivided !== 'denominator') {
    throw fail(`undivided is ${undivided}; only the denominator can be`);
  }
  const kind = oneOf('kind', KPI_KINDS);
  return {
    id,
    name: field('name'),
    kind,
    unit: field('unit'),
    direction: oneOf('direction', ['up', 'down', 'band']),
    target: target === undefined ? null : Number(target),
    cohort: field('cohort'),
    numerator: field('numerator'),
    denominator: fields.get('denominator') ?? null,
    dimensions,
    dim: fields.get('dim') ?? null,
    needs: listOf(field('needs')),
    lineage: listOf(field('lineage')),
    isUndivided: undivided === 'denominator',
    note: fields.get('note') ?? null,
    sql,
  };
}

export const viewOf = (id: string) => `kpi_${id.toLowerCase()}`;

/** Creates the view of each KPI, and replaces those whose definition has changed. */
export async function applyKpis(
  client: ClickHouseClient,
  kpis: readonly KpiDefinition[],
): Promise<void> {
  const result = await client.query({
    query: `SELECT name, comment FROM system.tables
            WHERE database = currentDatabase() AND name LIKE 'kpi\\_%'`,
    format: 'JSONEachRow',
  });
  const standing = new Map(
    (await result.json<{ name: string; comment: string }>()).map(({ name, comment }) => [
      name,
      comment,
    ]),
  );
  for (const kpi of kpis) {
    const comment = commentOf(kpi);
    if (standing.get(viewOf(kpi.id)) === comment) continue;
    await client.command({
      query: `CREATE OR REPLACE VIEW ${viewOf(kpi.id)} AS\n${kpi.sql}\nCOMMENT ${quoted(comment)}`,
    });
  }
}

/** What the view is, and a checksum that tells whether it is up to date. */
function commentOf(kpi: KpiDefinition): string {
  const of = kpi.denominator === null ? kpi.numerator : `${kpi.numerator} / ${kpi.denominator}`;
  const sum = createHash('sha256').update(JSON.stringify(kpi)).digest('hex').slice(0, 12);
  return `${kpi.id} ${kpi.name} (${kpi.kind}, ${kpi.unit}): ${of}. By ${kpi.cohort}. [${sum}]`;
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
