/**
 * The brand as it is on paper: what it sells, where it stores, through whom it sells, from whom it buys,
 * by whom it ships. Constant for a number of SKUs; everything that changes is in the world's state.
 */
import { rngOver } from './rng.ts';

export type AbcClass = 'A' | 'B' | 'C';

export interface Sku {
  readonly id: string;
  readonly description: string;
  readonly gtin: string;
  readonly price: string;
  readonly cost: string;
  /** Cost in cents, to compute with. */
  readonly costCents: number;
  readonly packQty: number;
  readonly supplier: Supplier;
  readonly abcClass: AbcClass;
  /** Place by demand, 0 first. */
  readonly rank: number;
  /** Part of the units that the brand sells. */
  readonly share: number;
  /** Nodes that stock it. */
  readonly nodes: readonly Node[];
  /** Channels that list it. */
  readonly channels: readonly Channel[];
  /** Its bin, the same at every node. */
  readonly bin: string;
}

export interface Supplier {
  readonly id: string;
  /** Time from order to dock (days): mean and spread. */
  readonly leadDays: number;
  readonly spreadDays: number;
  /** Chance that it acknowledges a line in full. */
  readonly fill: number;
  /** Chance that a received line is inspected, and that an inspected unit fails. */
  readonly inspected: number;
  readonly defects: number;
  /** Chance that its ship notice is followed by a later arrival. */
  readonly delays: number;
}

export const NODES = ['dc-01', '3pl-north'] as const;
export type Node = (typeof NODES)[number];
/** The brand's own warehouse: its WMS reports every step. */
export const DC = 'dc-01' satisfies Node;
/** The logistics partner: dispatches, receipts, and its stock every few hours. */
export const PARTNER = '3pl-north' satisfies Node;

export const CHANNELS = ['web', 'market-a', 'market-b', 'wholesale'] as const;
export type Channel = (typeof CHANNELS)[number];
/** Part of the orders, part of the shared stock that may be sold, and what is held back from it. */
export const CHANNEL_TERMS: Readonly<
  Record<Channel, { orders: number; share: number; bufferUnits: number }>
> = {
  web: { orders: 0.53, share: 0.45, bufferUnits: 0 },
  'market-a': { orders: 0.25, share: 0.25, bufferUnits: 1 },
  'market-b': { orders: 0.205, share: 0.15, bufferUnits: 0 },
  wholesale: { orders: 0.015, share: 0.15, bufferUnits: 0 },
};

/** Held back at each node (units). */
export const SAFETY_UNITS: Readonly<Record<Node, number>> = { 'dc-01': 2, '3pl-north': 3 };

export const HOUSE_CURRENCY = 'EUR';

export const SUPPLIERS: readonly Supplier[] = [
  supplier('kilnworks', 3, 0.4, { fill: 0.99, inspected: 0.1, defects: 0.02 }),
  supplier('northloom', 4, 0.6, { fill: 0.985 }),
  supplier('wickery', 2, 0.3, { fill: 0.995 }),
  supplier('timberly', 5, 0.9, { fill: 0.97, inspected: 0.08, defects: 0.03, delays: 0.2 }),
  supplier('lumen', 3, 0.5, { fill: 0.985, inspected: 0.12, defects: 0.015 }),
  supplier('castiron-co', 6, 1.0, { fill: 0.96, delays: 0.25 }),
  supplier('bluepeak', 2, 0.3, { fill: 0.99 }),
  supplier('harbourgoods', 4, 0.7, { fill: 0.975, delays: 0.18 }),
  supplier('silverleaf', 1.5, 0.2, { fill: 0.995 }),
  supplier('paperbark', 2.5, 0.4, { fill: 0.99 }),
  supplier('glasshaus', 3.5, 0.5, { fill: 0.98, inspected: 0.15, defects: 0.04 }),
  supplier('meadowtextil', 5, 0.8, { fill: 0.975, delays: 0.15 }),
];

function supplier(
  id: string,
  leadDays: number,
  spreadDays: number,
  rest: Partial<Supplier> & { fill: number },
): Supplier {
  return { id, leadDays, spreadDays, inspected: 0.04, defects: 0.01, delays: 0.1, ...rest };
}

/** Each carrier with its days on the road, and its part of the parcels. */
export const CARRIERS = [
  { id: 'northpost', days: 1.2, parcels: 0.5 },
  { id: 'swiftvan', days: 0.9, parcels: 0.3 },
  { id: 'parcelline', days: 1.7, parcels: 0.2 },
] as const;
export const REGIONS = ['north', 'east', 'south', 'west', 'islands'] as const;

/** Systems that speak, each with its own source URI. */
export const SOURCES = {
  web: 'https://demo.example/storefront',
  'market-a': 'https://demo.example/market-a',
  'market-b': 'https://demo.example/market-b',
  wholesale: 'https://demo.example/wholesale-portal',
  oms: 'https://demo.example/oms',
  integrator: 'https://demo.example/integrator',
  erp: 'https://demo.example/erp',
  'dc-01': 'https://demo.example/wms/dc-01',
  '3pl-north': 'https://demo.example/3pl/north',
  suppliers: 'https://demo.example/suppliers',
  carriers: 'https://demo.example/carriers',
  returns: 'https://demo.example/returns',
  finance: 'https://demo.example/finance',
} as const;
export type Source = keyof typeof SOURCES;

const FAMILIES: readonly [code: string, name: string, supplier: string, price: number][] = [
  ['MUG', 'Stoneware mug', 'kilnworks', 14],
  ['BOWL', 'Serving bowl', 'kilnworks', 32],
  ['THROW', 'Lambswool throw', 'northloom', 89],
  ['CUSH', 'Linen cushion', 'northloom', 42],
  ['CANDLE', 'Soy candle', 'wickery', 22],
  ['SOAP', 'Hand soap', 'wickery', 12.5],
  ['BOARD', 'Oak board', 'timberly', 45],
  ['STOOL', 'Ash stool', 'timberly', 129],
  ['LAMP', 'Paper lamp', 'lumen', 64],
  ['SHADE', 'Linen shade', 'lumen', 39],
  ['PAN', 'Cast-iron pan', 'castiron-co', 79],
  ['TRIVET', 'Cast-iron trivet', 'castiron-co', 19],
  ['FLASK', 'Steel flask', 'bluepeak', 28],
  ['TIN', 'Storage tin', 'bluepeak', 9.5],
  ['BASKET', 'Seagrass basket', 'harbourgoods', 35],
  ['MAT', 'Coir mat', 'harbourgoods', 26],
  ['SPOON', 'Silver-plated spoon', 'silverleaf', 11],
  ['TRAY', 'Serving tray', 'silverleaf', 48],
  ['NOTE', 'Notebook', 'paperbark', 8],
  ['WRAP', 'Gift wrap', 'paperbark', 6.5],
  ['GLASS', 'Tumbler', 'glasshaus', 16],
  ['CARAFE', 'Carafe', 'glasshaus', 37],
  ['TOWEL', 'Waffle towel', 'meadowtextil', 24],
  ['SHEET', 'Washed cotton sheet', 'meadowtextil', 75],
];
const COLOURS = ['sand', 'slate', 'moss', 'ink', 'oat', 'rust', 'fjord', 'fig', 'salt', 'smoke'];

export interface Catalogue {
  readonly skus: readonly Sku[];
  /** Throws for a SKU that the brand does not have. */
  skuOf(id: string): Sku;
  /** By supplier id. */
  readonly bySupplier: ReadonlyMap<string, readonly Sku[]>;
  /** The SKU at a point of the demand, 0 ≤ x < 1. */
  demandAt(x: number): Sku;
}

const made = new Map<number, Catalogue>();

/** The catalogue of a number of SKUs: always the same. */
export function catalogueOf(skuCount: number): Catalogue {
  const known = made.get(skuCount) ?? makeCatalogue(skuCount);
  made.set(skuCount, known);
  return known;
}

function makeCatalogue(skuCount: number): Catalogue {
  const rng = rngOver({ rng: 20_260_302 });
  const weights = Array.from({ length: skuCount }, (_, rank) => (rank + 20) ** -0.9);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const suppliers = new Map(SUPPLIERS.map((one) => [one.id, one]));
  // A stride through the ranks, so that rank and product are not the same thing.
  const stride = coprimeNear(Math.round(skuCount * 0.618), skuCount);

  const skus = Array.from({ length: skuCount }, (_, index): Sku => {
    const [code, name, supplierId, typicalPrice] = rowAt(FAMILIES, index);
    const turn = Math.floor(index / FAMILIES.length);
    const colour = rowAt(COLOURS, turn);
    const edition = Math.floor(turn / COLOURS.length) + 1;
    const rank = (index * stride) % skuCount;
    const abcClass = rank < skuCount * 0.2 ? 'A' : rank < skuCount * 0.5 ? 'B' : 'C';
    const priceCents = Math.round(typicalPrice * 100 * (0.8 + 0.5 * rng.next()));
    const costCents = Math.round(priceCents * (0.28 + 0.14 * rng.next()));
    const supplierOf = suppliers.get(supplierId);
    if (supplierOf === undefined) throw new Error(`no supplier ${supplierId}`);
    return {
      id: `${code}-${colour.toUpperCase()}-${String(edition).padStart(2, '0')}`,
      description: `${name}, ${colour}, edition ${edition}`,
      gtin: gtinOf(400_123_000_000 + index),
      price: centsText(priceCents),
      cost: centsText(costCents),
      costCents,
      packQty: priceCents < 2_000 ? 12 : 6,
      supplier: supplierOf,
      abcClass,
      rank,
      share: (weights[rank] ?? 0) / total,
      nodes: abcClass === 'A' ? NODES : [DC],
      channels: CHANNELS.slice(0, abcClass === 'A' ? 4 : abcClass === 'B' ? 3 : 2),
      bin: binAt(index),
    };
  });

  const byId = new Map(skus.map((sku) => [sku.id, sku]));
  const byRank = [...skus].sort((a, b) => a.rank - b.rank);
  const upTo: number[] = [];
  for (const { share } of byRank) upTo.push((upTo.at(-1) ?? 0) + share);
  return {
    skus,
    bySupplier: new Map(
      SUPPLIERS.map(({ id }) => [id, skus.filter(({ supplier }) => supplier.id === id)]),
    ),
    skuOf(id) {
      const sku = byId.get(id);
      if (sku === undefined) throw new Error(`the brand has no SKU ${id}`);
      return sku;
    },
    demandAt: (x) => rowAt(byRank, Math.min(firstAbove(upTo, x), skuCount - 1)),
  };
}

/** 13 digits and a leading zero: GTIN-14 of an EAN-13 with its check digit. */
export function gtinOf(number12: number): string {
  const digits = String(number12).padStart(12, '0');
  const sum = [...digits].reduce(
    (all, digit, at) => all + Number(digit) * (at % 2 === 0 ? 1 : 3),
    0,
  );
  return `0${digits}${(10 - (sum % 10)) % 10}`;
}

/** Cents as a decimal string of the house currency. */
export function centsText(cents: number): string {
  const whole = Math.abs(cents);
  const text = `${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`;
  return cents < 0 ? `-${text}` : text;
}

export const centsOf = (text: string) => Math.round(Number(text) * 100);

/** Aisles of 20 bays with 5 levels. */
function binAt(index: number): string {
  const aisle = String(Math.floor(index / 100) + 1).padStart(2, '0');
  const bay = String((Math.floor(index / 5) % 20) + 1).padStart(2, '0');
  return `A${aisle}-${bay}-${(index % 5) + 1}`;
}

function rowAt<T>(rows: readonly T[], index: number): T {
  return rows[index % rows.length] as T;
}

function firstAbove(sums: readonly number[], x: number): number {
  let lo = 0;
  let hi = sums.length;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if ((sums[middle] ?? 1) > x) hi = middle;
    else lo = middle + 1;
  }
  return lo;
}

function coprimeNear(wanted: number, n: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  for (let candidate = Math.max(1, wanted); ; candidate++) {
    if (divisor(candidate, n) === 1) return candidate;
  }
}
