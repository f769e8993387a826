/**
 * The demo brand as it is on paper: what it sells, where it stores, through whom it sells, from whom it
 * buys, and what its policies are. Constant; everything that changes is in the world's state.
 */
import type { InputDataOf } from '../contracts/events.ts';

export interface Sku {
  readonly id: string;
  readonly description: string;
  readonly price: string;
  readonly cost: string;
  readonly supplier: string;
  readonly abcClass: 'A' | 'B' | 'C';
  /** Relative demand. */
  readonly demand: number;
  /** Stock that a node is filled up to (units). */
  readonly target: number;
}

const PRODUCTS: readonly [
  code: string,
  name: string,
  price: string,
  cost: string,
  supplier: string,
  variants: readonly string[],
][] = [
  ['MUG', 'Stoneware mug', '14.00', '4.10', 'kilnworks', ['sand', 'slate', 'moss', 'ink']],
  ['BOWL', 'Serving bowl', '32.00', '9.80', 'kilnworks', ['sand', 'slate']],
  ['VASE', 'Ridged vase', '38.50', '11.20', 'kilnworks', ['sand', 'moss']],
  ['THROW', 'Lambswool throw', '89.00', '34.00', 'northloom', ['oat', 'rust', 'fjord']],
  ['CUSH', 'Linen cushion', '42.00', '13.50', 'northloom', ['oat', 'rust', 'fjord', 'ink']],
  ['TOWEL', 'Waffle towel', '24.00', '7.20', 'northloom', ['oat', 'fjord', 'moss']],
  ['SHEET', 'Washed cotton sheet', '75.00', '26.00', 'northloom', ['oat', 'fjord']],
  ['CANDLE', 'Soy candle', '22.00', '5.40', 'wickery', ['pine', 'smoke', 'fig', 'salt']],
  ['DIFF', 'Reed diffuser', '36.00', '9.10', 'wickery', ['pine', 'fig']],
  ['SOAP', 'Hand soap', '12.50', '2.90', 'wickery', ['pine', 'salt', 'fig']],
  ['BOARD', 'Oak board', '45.00', '16.00', 'timberly', ['small', 'large']],
  ['SPOON', 'Cherry spoon', '9.50', '2.40', 'timberly', ['short', 'long']],
  ['STOOL', 'Ash stool', '129.00', '58.00', 'timberly', ['natural', 'black']],
  ['LAMP', 'Paper lamp', '64.00', '22.00', 'lumen', ['round', 'tall', 'mini']],
  ['SHADE', 'Linen shade', '39.00', '12.60', 'lumen', ['oat', 'ink']],
];

/** Ranks of demand whose stock never suffices: they run out now and then. */
const SCARCE_RANKS = [6, 15];

/** Demand falls with the rank, as in any shop. */
export const SKUS: readonly Sku[] = PRODUCTS.flatMap(
  ([code, name, price, cost, supplier, variants]) =>
    variants.map((variant) => ({ code, name, price, cost, supplier, variant })),
).map(({ code, name, price, cost, supplier, variant }, index, all) => {
  // A stride through the list, so that rank and product are not the same thing.
  const rank = (index * 17) % all.length;
  const demand = 1 / (rank + 4);
  const scarce = SCARCE_RANKS.includes(rank);
  return {
    id: `${code}-${variant}`.toUpperCase(),
    description: `${name}, ${variant}`,
    price,
    cost,
    supplier,
    abcClass: rank < 10 ? 'A' : rank < 24 ? 'B' : 'C',
    demand,
    target: scarce ? 8 : Math.round(60 + 1_600 * demand),
  };
});

const bySku = new Map(SKUS.map((sku, index) => [sku.id, { sku, index }]));

export function skuOf(id: string): Sku {
  return known(id).sku;
}

/** Bin of a SKU, the same at every node: its place in the catalogue. */
export function binOf(id: string): string {
  const { index } = known(id);
  return `A${Math.floor(index / 10) + 1}-${String((index % 10) + 1).padStart(2, '0')}`;
}

function known(id: string): { sku: Sku; index: number } {
  const found = bySku.get(id);
  if (found === undefined) throw new Error(`the demo brand has no SKU ${id}`);
  return found;
}

export const NODES = ['dc-east', 'dc-west', '3pl-north'] as const;
export type Node = (typeof NODES)[number];
/** The node that counts for itself: it sends snapshots. */
export const SNAPSHOT_NODE = '3pl-north' satisfies Node;

export const CHANNELS = ['web', 'market-a', 'wholesale'] as const;
export type Channel = (typeof CHANNELS)[number];
export const CHANNEL_SHARE: Readonly<Record<Channel, number>> = {
  web: 0.6,
  'market-a': 0.3,
  wholesale: 0.1,
};

export const SUPPLIERS = [...new Set(SKUS.map(({ supplier }) => supplier))];
export const CARRIERS = ['northpost', 'swiftvan', 'parcelline'] as const;
export const REGIONS = ['north', 'east', 'south', 'west', 'islands'] as const;

/** Systems that speak, each with its own source URI and its own rhythm of heartbeats. */
export const SOURCES = {
  web: 'https://demo.example/storefront',
  'market-a': 'https://demo.example/market-a',
  wholesale: 'https://demo.example/wholesale',
  oms: 'https://demo.example/oms',
  erp: 'https://demo.example/erp',
  'dc-east': 'https://demo.example/wms/dc-east',
  'dc-west': 'https://demo.example/wms/dc-west',
  '3pl-north': 'https://demo.example/3pl/north',
  suppliers: 'https://demo.example/suppliers',
  carriers: 'https://demo.example/carriers',
  returns: 'https://demo.example/returns',
} as const;
export type Source = keyof typeof SOURCES;

export const HEARTBEAT_MS = 30_000;

type Policy = InputDataOf<'policy.set'>;
const decided = { actor: 'demo', reason: 'demo brand' };

/** Policies that the brand starts with. Channels name no nodes: all of them serve. */
export const POLICIES: readonly Policy[] = [
  { policy: 'safety_stock', scope: {}, value: { units: 3 }, ...decided },
  { policy: 'safety_stock', scope: { node_id: 'dc-east' }, value: { units: 6 }, ...decided },
  {
    policy: 'channel',
    scope: { channel_id: 'web' },
    value: { share: CHANNEL_SHARE.web },
    ...decided,
  },
  {
    policy: 'channel',
    scope: { channel_id: 'market-a' },
    value: { share: CHANNEL_SHARE['market-a'], buffer_units: 2 },
    ...decided,
  },
  {
    policy: 'channel',
    scope: { channel_id: 'wholesale' },
    value: { share: CHANNEL_SHARE.wholesale, cap_units: 200 },
    ...decided,
  },
  {
    policy: 'supply',
    scope: {},
    value: { lateness_p90_h: 0.02, dock_to_stock_p90_h: 0.02, fill_rate: 0.97 },
    ...decided,
  },
  ...Object.values(SOURCES).map((source): Policy => ({
    policy: 'feed',
    scope: { source },
    value: { cadence_ms: 2 * HEARTBEAT_MS },
    ...decided,
  })),
];
