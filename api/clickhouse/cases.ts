/** Cases as ClickHouse has them: their audit trail, the records in it, and the events that are evidence. */
import type { ClickHouseClient } from '@clickhouse/client';
import {
  CLOSED_STATUSES,
  OPEN_STATUSES,
  type CaseRecord,
  type CaseSignal,
} from '../../contracts/case-record.ts';
import type { CaseEvidence } from '../../contracts/cases.ts';
import { queryRows } from './query.ts';

export interface StoredCase {
  /** Number of the step that led to the record. */
  readonly n: number;
  readonly record: CaseRecord;
}

/** The newest record of each case that is open or closed now, the latest touched first. */
export async function readCases(
  client: ClickHouseClient,
  { isOpen, limit }: { isOpen: boolean; limit: number },
): Promise<StoredCase[]> {
  const rows = await queryRows<{ n: number; record: string }>(
    client,
    `SELECT n, record
     FROM (
       SELECT n, record, status
       FROM case_events
       WHERE record != ''
       ORDER BY n DESC
       LIMIT 1 BY case_id
     )
     WHERE status IN {statuses:Array(String)}
     LIMIT {limit:UInt32}`,
    { statuses: isOpen ? OPEN_STATUSES : CLOSED_STATUSES, limit },
  );
  return rows.map(({ n, record }) => ({ n, record: JSON.parse(record) as CaseRecord }));
}

interface StepRow {
  readonly n: number;
  readonly atMs: number;
  readonly kind: CaseSignal['step']['kind'];
  readonly actor: string;
  readonly detail: string;
  readonly record: string;
  readonly source: string;
  readonly eventId: string;
  readonly hash: string;
}

/** The newest steps of a case, oldest first, each with the whole record after it. */
export async function readSteps(
  client: ClickHouseClient,
  { caseId, limit }: { caseId: string; limit: number },
): Promise<CaseSignal[]> {
  const rows = await queryRows<StepRow>(
    client,
    `SELECT
       n,
       toUnixTimestamp64Milli(at) AS atMs,
       kind,
       actor,
       detail,
       record,
       source,
       event_id AS eventId,
       hash
     FROM case_events
     WHERE case_id = {caseId:String}
     ORDER BY n DESC
     LIMIT 1 BY n
     LIMIT {limit:UInt32}`,
    { caseId, limit },
  );
  return rows.reverse().map(({ actor, atMs, detail, kind, record, ...row }) => ({
    ...row,
    caseId,
    step: { kind, actor, detail, atMs },
    record: record === '' ? null : (JSON.parse(record) as CaseRecord),
  }));
}

interface EvidenceRow {
  readonly source: string;
  readonly id: string;
  readonly seq: number;
  readonly timeMs: number;
  readonly type: string;
  readonly data: string;
}

/** The events that a case names, in its order; what the archive does not have is said with nulls. */
export async function readEvidence(
  client: ClickHouseClient,
  evidence: CaseRecord['evidence'],
): Promise<CaseEvidence[]> {
  if (evidence.length === 0) return [];
  const rows = await queryRows<EvidenceRow>(
    client,
    `SELECT source, id, seq, toUnixTimestamp64Milli(time) AS timeMs, type, data
     FROM events
     WHERE id IN {ids:Array(String)} AND source IN {sources:Array(String)}
     ORDER BY seq
     LIMIT 1 BY source, id`,
    {
      ids: [...new Set(evidence.map(({ id }) => id))],
      sources: [...new Set(evidence.map(({ source }) => source))],
    },
  );
  const known = new Map(
    rows.map(({ timeMs, ...row }) => [
      `${row.source} ${row.id}`,
      { ...row, time: new Date(timeMs).toISOString() },
    ]),
  );
  return evidence.map(
    ({ id, source }) =>
      known.get(`${source} ${id}`) ?? {
        ...{ source, id, seq: null, time: null, type: null, data: null },
      },
  );
}
