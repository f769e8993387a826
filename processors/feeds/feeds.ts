/**
 * The feeds processor: how fresh each source is, how often it speaks, what it leaves out, how late it
 * comes, and up to when it can be taken as complete (its watermark).
 *
 * Key: none; it sees every event. In: all but what comes from no feed (time, findings, decisions of people:
 * their silence says nothing). Out: a row of `feed_stats` for each source once a minute of event time, so
 * that the age of a silent one is on record too; `status`, which the runtime tells the API once a second; and
 * the findings of its rules (rules.ts).
 * Pure: what it keeps is part of every snapshot, so that a source that has gone quiet is still known after a
 * restart (law 8).
 */
import type { SourceStatus } from '../../contracts/live.ts';
import { joined, jsonParts, mapParts, parseJson, restoreMap } from '../facts/parts.ts';
import type { Applied, Outputs, Processor, SnapshotPart } from '../processor.ts';
import { FeedRules } from './rules.ts';
import { Source, type SavedSource } from './source.ts';

const STATE_VERSION = '4';
const MINUTE_MS = 60_000;
/** Sources that are remembered; beyond it the one that is silent for the longest is forgotten. */
export const MAX_SOURCES = 500;
/** Cadences that policies set; beyond it the oldest one is forgotten. */
const MAX_POLICIES = 2 * MAX_SOURCES;
/** A source that was silent for so long exists no more (event time). */
const FORGET_MS = 60 * 24 * 60 * MINUTE_MS;

export interface Feeds extends Processor {
  /** Freshness of each source as of `nowMs`, the event time of the processors. */
  status(nowMs: number): SourceStatus[];
}

export function createFeeds(): Feeds {
  const sources = new Map<string, Source>();
  const policies = new Map<string, number>();
  const rules = new FeedRules();
  const sections = rules.sections();
  let minute = 0;

  function apply(applied: Applied, out: Outputs): void {
    const { event, nowMs } = applied;
    switch (event.type) {
      case 'stocktide.clock.ticked.v1':
      case 'stocktide.finding.cleared.v1':
      case 'stocktide.case.commanded.v1':
      case 'stocktide.exception.opened.v1':
      case 'stocktide.exception.acknowledged.v1':
      case 'stocktide.exception.resolved.v1':
      case 'stocktide.rejection.settled.v1':
        break;
      case 'stocktide.feed.tallied.v1':
        sources.get(event.data.source)?.tally(event.data);
        rules.tallied(event.data, applied, out);
        break;
      case 'stocktide.finding.raised.v1':
        rules.rejected(event.data, applied, out);
        break;
      case 'stocktide.policy.set.v1':
        rules.setPolicy(event.data, applied);
        if (event.data.policy === 'feed') {
          setPolicy(event.data.scope.source, event.data.value.cadence_ms);
        }
        break;
      case 'stocktide.inventory.snapshot.completed.v1':
        see(applied, out);
        rules.completed(event.data, applied, out);
        break;
      default:
        see(applied, out);
    }
    const thisMinute = Math.floor(nowMs / MINUTE_MS);
    if (thisMinute === minute) return;
    // The first event ever begins a minute; none has passed.
    if (minute !== 0) report(applied, out);
    minute = thisMinute;
  }

  function see(applied: Applied, out: Outputs): void {
    const { source: name } = applied.event;
    let source = sources.get(name);
    if (source === undefined) {
      source = Source.of(applied);
      sources.set(name, source);
      if (sources.size > MAX_SOURCES) forgetQuietest(applied, out);
    }
    source.see(applied, entityOf(applied.name));
  }

  function forgetQuietest(applied: Applied, out: Outputs): void {
    let quietest: Source | undefined;
    for (const source of sources.values()) {
      if (quietest === undefined || source.heardMs < quietest.heardMs) quietest = source;
    }
    if (quietest !== undefined) forget(quietest, applied, out);
  }

  function forget({ name }: Source, applied: Applied, out: Outputs): void {
    sources.delete(name);
    rules.forgotten(name, applied, out);
  }

  function setPolicy(source: string, cadenceMs: number): void {
    policies.delete(source);
    policies.set(source, cadenceMs);
    if (policies.size <= MAX_POLICIES) return;
    const [oldest] = policies.keys();
    if (oldest !== undefined) policies.delete(oldest);
  }

  function report(applied: Applied, out: Outputs): void {
    const { nowMs, seq } = applied;
    for (const source of sources.values()) {
      if (nowMs - source.heardMs > FORGET_MS) {
        forget(source, applied, out);
        continue;
      }
      const policyMs = policyOf(source);
      out.row('feed_stats', [...source.cells(nowMs, policyMs), seq]);
      rules.onMinute(source.heard(policyMs), applied, out);
    }
  }

  const policyOf = ({ name }: Source) => policies.get(name) ?? null;

  function restore(parts: Iterable<SnapshotPart>): void {
    for (const part of parts) {
      const { bytes, name } = part;
      const section = sections[name];
      if (section !== undefined) section.restore(part);
      else if (name === 'minute') [minute = 0] = parseJson<number>(bytes);
      else if (name === 'policies') restoreMap(policies, bytes);
      else {
        for (const saved of parseJson<SavedSource>(bytes)) {
          sources.set(saved.source, new Source(saved));
        }
      }
    }
  }

  return {
    name: 'feeds',
    stateVersion: STATE_VERSION,
    apply,
    size: () => sources.size,
    snapshot: () =>
      joined([
        jsonParts('minute', [minute]),
        mapParts('policies', policies),
        jsonParts(
          'sources',
          [...sources.values()].map((source) => source.saved()),
        ),
        ...Object.values(sections).map((section) => section.snapshot()),
      ]),
    restore,
    status: (nowMs) =>
      [...sources.values()].map((source) => source.status(nowMs, policyOf(source))),
  };
}

const entities = new Map<string, string>();

/** `order` of `order.line.created`: what a KPI says that it needs. The catalogue bounds the cache. */
function entityOf(name: string): string {
  let entity = entities.get(name);
  if (entity === undefined) {
    entity = name.slice(0, name.indexOf('.'));
    entities.set(name, entity);
  }
  return entity;
}
