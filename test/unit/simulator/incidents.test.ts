/** What is injected is in the events, is labelled, and is what the ledger finds, where it looks for it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { explode } from '../../../contracts/explode.ts';
import { checkEvent } from '../../../contracts/validate.ts';
import { createBrand, createState, openingEvents } from '../../../simulator/brand.ts';
import { DAY, HOUR } from '../../../simulator/calendar.ts';
import { INCIDENTS, kindsOf } from '../../../simulator/incidents/inject.ts';
import type { Label } from '../../../simulator/incidents/label.ts';
import type { SimEvent } from '../../../simulator/world.ts';
import { ReducerBench } from '../../support/reducers.ts';

const OPENED_AT = Date.parse('2026-03-02T00:00:00Z');
const DAYS = 8;

function lived(incidents: readonly string[], days: number, stepMs = HOUR) {
  const founding = { run: 'test', seed: 11, openedAtMs: OPENED_AT };
  const size = { ordersPerDay: 300, skuCount: 400 };
  const state = createState({ ...founding, ...size, incidents, incidentGapDays: 2 });
  const brand = createBrand(state);
  const events = openingEvents(state);
  const labels: Label[] = [];
  for (let atMs = OPENED_AT + stepMs; atMs <= OPENED_AT + days * DAY; atMs += stepMs) {
    events.push(...brand.advance(atMs));
    labels.push(...brand.takeLabels());
  }
  return { events, labels };
}

let events: SimEvent[];
let labels: Label[];

beforeAll(() => {
  ({ events, labels } = lived(kindsOf('all'), DAYS));
}, 120_000);

describe('incidents', { timeout: 120_000 }, () => {
  it('of every code of the reference come about, and a near miss of each', () => {
    const codes = (nearMiss: boolean) =>
      [
        ...new Set(
          labels.filter((label) => (label.near_miss ?? false) === nearMiss).map(({ code }) => code),
        ),
      ].sort();
    const all = [
      'CARRIER_DELAY',
      'CHANNEL_CONFLICT',
      'COUNT_VARIANCE',
      'COUNT_VARIANCE_REPEAT',
      'DAMAGED_STOCK',
      'DUPLICATE_SKU',
      'FEED_QUALITY',
      'FEED_STALE',
      'INBOUND_LATE',
      'INBOUND_QTY_MISMATCH',
      'LOCATION_ERROR',
      'LOCATION_ERROR_REPEAT',
      'NEG_INVENTORY',
      'ORDER_SLA_BREACH',
      'ORDER_SLA_RISK',
      'OVERSELL',
      'RELEASE_VIOLATION',
      'REPLEN_RISK',
      'RETURN_UNDISPOSITIONED',
      'SHORT_PICK',
      'SHRINKAGE_ANOMALY',
      'STOCKOUT',
      'SUPPLIER_VARIANCE_TREND',
      'UNAPPROVED_ADJUSTMENT',
      'UNSCANNABLE_ITEM',
    ];
    expect(codes(false)).toEqual(all);
    expect(codes(true)).toEqual(all);
  });

  it('come with the subtypes and families that detectors are measured by', () => {
    const subtypes = labels.map(({ code, subtype }) => `${code}.${subtype ?? ''}`);
    for (const subtype of ['over', 'short', 'unexpected', 'blind']) {
      expect(subtypes).toContain(`INBOUND_QTY_MISMATCH.${subtype}`);
    }
    for (const subtype of ['overstated', 'understated', 'stale']) {
      expect(subtypes).toContain(`CHANNEL_CONFLICT.${subtype}`);
    }
    const families = new Set(labels.flatMap(({ family }) => (family ? [family] : [])));
    expect([...families].sort()).toEqual([
      'cascade',
      'location_errors',
      'shrinkage',
      'silent_feed',
      'supplier_variance',
    ]);
  });

  it('are made of events that the contract takes', () => {
    const refused = events.flatMap((event) => {
      const checked = checkEvent(event);
      return checked.ok ? [] : [checked.rejection];
    });
    expect(refused).toEqual([]);
  });

  it('have labels whose evidence happened between their start and their end', () => {
    const known = new Map(events.map((event) => [`${event.source} ${event.id}`, event]));
    // What a silent or late source says of it may arrive after the end of the file.
    const settled = labels.filter(({ end }) => Date.parse(end) < OPENED_AT + (DAYS - 1) * DAY);
    expect(settled.length).toBeGreaterThan(50);
    for (const { end, evidence, incident_id, start } of settled) {
      for (const { id, source } of evidence) {
        const time = known.get(`${source} ${id}`)?.time ?? 'absent';
        expect.soft(time >= start && time <= end, `${incident_id}: ${time}`).toBe(true);
      }
    }
    expect(new Set(labels.map(({ incident_id }) => incident_id)).size).toBe(labels.length);
  });

  it('are the same however the time is cut', () => {
    const whole = lived(kindsOf('all'), 2, 2 * DAY);
    const cut = lived(kindsOf('all'), 2, HOUR / 2);
    expect(whole.labels).toEqual(cut.labels);
    expect(whole.events).toEqual(cut.events);
  });

  it('can be chosen by code', () => {
    expect(kindsOf(['STOCKOUT', 'INBOUND_LATE'])).toEqual(['stockout', 'inbound late']);
    const only = lived(kindsOf(['UNSCANNABLE_ITEM']), 3);
    expect(new Set(only.labels.map(({ code }) => code))).toEqual(new Set(['UNSCANNABLE_ITEM']));
    expect(() => kindsOf(['NO_SUCH'])).toThrow('NO_SUCH is none of');
    expect(Object.keys(INCIDENTS).length).toBe(kindsOf('all').length);
  });

  it('of negative stock and wrong totals are what the ledger finds, and nothing else', () => {
    const chosen = lived(kindsOf(['NEG_INVENTORY', 'FEED_QUALITY']), 5);
    const bench = new ReducerBench(['stock']);
    for (const event of chosen.events) {
      const checked = checkEvent(event);
      if (!checked.ok) throw new Error(checked.rejection.detail);
      const ingestedtime = new Date(Math.max(bench.nowMs, Date.parse(event.time))).toISOString();
      for (const single of explode(checked.name, checked.event)) {
        const raw = JSON.stringify({ ...single.event, ingestedtime });
        bench.feed({ raw, subject: single.subject });
      }
    }
    const found = (code: string) => bench.findings.filter((finding) => finding.code === code);
    const real = (code: string) =>
      chosen.labels.filter((label) => label.code === code && label.near_miss !== true);
    const skus = real('NEG_INVENTORY').map(({ sku_id }) => sku_id);
    expect(skus.length).toBeGreaterThan(1);
    expect(
      found('NEG_INVENTORY')
        .map(({ skuId }) => skuId)
        .sort(),
    ).toEqual([...skus].sort());
    expect(found('SNAPSHOT_REJECTED').length).toBe(real('FEED_QUALITY').length);
    expect(found('ILLEGAL_TRANSITION')).toEqual([]);
  });
});
