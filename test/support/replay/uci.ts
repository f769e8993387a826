/**
 * UCI Online Retail: return rate (K28) and write-offs by what staff typed (leakage L5 and L8), computed from the
 * CSV alone, against what a system says that a replay of it went through. It shares no code with the mapping;
 * per stock code see uci-compare.ts.
 */
import { dataFile, rowsOf } from './data.ts';
import { count, counts, addTo, type Figure } from './figures.ts';
import type { System } from './system.ts';

const NODE = 'uci-uk';

/** Stock codes of what is no goods: postage, fees, discounts, samples, manual entries, vouchers. */
const NO_GOODS = /^(POST|D|M|C2|DOT|S|B|BANK CHARGES|AMAZONFEE|CRUK|PADS|GIFT_.*)$/i;

/** What staff typed beside goods that were spoilt, and beside goods that were gone: every text of the file. */
const SPOILT = new Set(
  `damages|damaged|damages?|damaged stock|damages/display|damages/showroom etc|damages/dotcom?|
  damages/credits from asos.|samples/damages|wet damaged|wet/rusty|water damage|water damaged|broken|cracked|
  crushed|smashed|faulty|thrown away|thrown away.|throw away|thrown away-can't sell|thrown away-can't sell.|
  thrown away-rusty|incorrectly made-thrown away.|printing smudges/thrown away|mouldy, thrown away.|
  mouldy, unsaleable.|possible damages or lost?`.split(/\|\s*/),
);
const GONE = new Set('?lost|missing|mia|mystery! only ever imported 1800'.split('|'));

interface UciTotals {
  /** Units of goods that orders took, and that came back. */
  sold: number;
  returned: number;
  /** Units written off by leakage component; finds count back. */
  readonly losses: Map<string, number>;
}

function uciTotals(folder: string, maxRows: number): UciTotals {
  const totals: UciTotals = { sold: 0, returned: 0, losses: new Map() };
  for (const row of rowsOf(dataFile(folder, 'online_retail')).slice(0, maxRows)) {
    const units = Number(row['Quantity']);
    const price = Number(row['UnitPrice']);
    const isGoods = !NO_GOODS.test((row['StockCode'] ?? '').trim());
    if ((row['InvoiceNo'] ?? '').startsWith('C')) {
      if (isGoods) totals.returned -= units;
    } else if (price > 0 || (row['CustomerID'] !== '' && units > 0)) {
      if (isGoods) totals.sold += units;
    } else {
      const text = (row['Description'] ?? '').trim().toLowerCase();
      if (SPOILT.has(text)) addTo(totals.losses, 'L5', -units);
      if (GONE.has(text)) addTo(totals.losses, 'L8', -units);
    }
  }
  return totals;
}

/** Units returned of those shipped (K28). */
export async function compareUciReturns(
  system: System,
  folder: string,
  maxRows = Infinity,
): Promise<Figure[]> {
  const { returned, sold } = uciTotals(folder, maxRows);
  const rate = await system.kpi('K28', {
    fromMs: Date.parse('2010-01-01T00:00:00Z'),
    toMs: Date.parse('2012-01-01T00:00:00Z'),
    where: { node_id: NODE },
  });
  return [
    count('K28 units returned', returned, rate.num),
    count('K28 units shipped', sold, rate.den),
  ];
}

/** Units written off by leakage component. */
export async function compareUciLosses(
  system: System,
  folder: string,
  maxRows = Infinity,
): Promise<Figure[]> {
  const { losses } = uciTotals(folder, maxRows);
  const rows = await system.rows<{ leakage: string; units: number }>(`
    SELECT leakage, toInt64(sum(loss_units * sign)) AS units FROM floor_events
    WHERE node_id = '${NODE}' AND leakage != '' GROUP BY leakage HAVING units != 0`);
  return counts('units lost', losses, new Map(rows.map((row) => [row.leakage, row.units])));
}
