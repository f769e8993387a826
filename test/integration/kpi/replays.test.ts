/**
 * Real data through mapping, reducers, ClickHouse and KPIs, against figures computed from the files alone:
 * counts are equal, percentiles within 1 %.
 */
import { expect, test } from 'vitest';
import { BPIC2019 } from '../../../ingest/replay/bpic2019/dataset.ts';
import type { Dataset, FeedEvent, FeedItem } from '../../../ingest/replay/feed.ts';
import { OLIST } from '../../../ingest/replay/olist/dataset.ts';
import { SCMS } from '../../../ingest/replay/scms/dataset.ts';
import { UCI_ONLINE_RETAIL } from '../../../ingest/replay/uci/dataset.ts';
import { useKpis } from '../../support/kpi.ts';
import { compareBpic } from '../../support/replay/bpic2019.ts';
import { dataFolder, missingData } from '../../support/replay/data.ts';
import { differing, type Figure } from '../../support/replay/figures.ts';
import { compareOlist } from '../../support/replay/olist.ts';
import { compareScms } from '../../support/replay/scms.ts';
import type { System } from '../../support/replay/system.ts';
import { compareUciLosses, compareUciReturns } from '../../support/replay/uci.ts';

const kpis = useKpis();
/** Whole files through all processors, on a machine that may be busy with other things. */
const TIMEOUT_MS = 600_000;

interface Case {
  readonly dataset: Dataset;
  readonly folder: string;
  readonly rows: number;
  readonly compare: (system: System, folder: string, maxRows?: number) => Promise<Figure[]>;
  /** Types of events that are fed; all when absent. */
  readonly only?: RegExp;
  /** Figures that are compared at least. */
  readonly figures: number;
}

const CASES: readonly Case[] = [
  { dataset: OLIST, folder: 'olist', rows: 4_071, compare: compareOlist, figures: 40 },
  { dataset: SCMS, folder: 'scms', rows: 5_234, compare: compareScms, figures: 300 },
  { dataset: BPIC2019, folder: 'bpic2019', rows: 66_753, compare: compareBpic, figures: 300 },
  {
    dataset: UCI_ONLINE_RETAIL,
    folder: 'uci_online_retail',
    // An invoice ends with this row: a limit sends whole ones.
    rows: 10_080,
    compare: compareUciReturns,
    figures: 2,
  },
  {
    dataset: UCI_ONLINE_RETAIL,
    folder: 'uci_online_retail',
    rows: 245_903,
    only: /^stocktide\.(item|inventory)\./,
    compare: compareUciLosses,
    figures: 2,
  },
];

for (const { compare, dataset, figures, folder: name, only = /^/, rows } of CASES) {
  const missing = missingData(name);
  test.skipIf(missing !== '')(
    `${dataset.name}, ${rows} rows: what KPIs say equals what the files say ${missing}`,
    async () => {
      const folder = dataFolder(name);
      const feed = await dataset.open(dataset.files(folder));
      const brand = await kpis.given();
      await brand.feed(ofTypes(only, feed.items(rows)));
      const compared = await compare(brand, folder, rows);
      expect(differing(compared)).toEqual([]);
      expect(compared.length).toBeGreaterThanOrEqual(figures);
    },
    TIMEOUT_MS,
  );
}

async function* ofTypes(types: RegExp, items: AsyncIterable<FeedItem>): AsyncGenerator<FeedItem> {
  for await (const item of items) if (types.test((item.event as FeedEvent).type)) yield item;
}
