/**
 * How an event type is declared. A *fact* has one entity and enters the LOG as it is. A *document* has
 * lines: the door explodes it into a header and one fact a line, so that each event of the LOG names at
 * most one order, one SKU, one node and one supplier (DESIGN §3).
 */
import { Type, type TObject, type TProperties, type TSchema } from 'typebox';
import { MAX_LINES, qtyOrZero, record } from '../fields.ts';

/** Ordering key of REFERENCE §3.3: order, SKU at node, PO, shipment, return, feed, or none. */
export type PartitionKey = 'O' | 'S' | 'P' | 'H' | 'R' | 'F' | '-';

export interface Fact<D extends TSchema> {
  readonly kind: 'fact';
  readonly description: string;
  readonly partitionKey: PartitionKey;
  readonly data: D;
}

export interface Document<
  LineType extends string,
  D extends TSchema,
  H extends TSchema,
  L extends TSchema,
> {
  readonly kind: 'document';
  readonly description: string;
  readonly partitionKey: PartitionKey;
  /** What a producer sends: header fields and `lines`. */
  readonly data: D;
  /** What the LOG holds of the header: no lines, and their count. */
  readonly header: H;
  /** Type name of the facts that the lines become. */
  readonly lineType: LineType;
  /** What the LOG holds of a line: its own fields and the shared ones of the header. */
  readonly line: L;
  /** Header fields copied into each line. */
  readonly shared: readonly string[];
}

export function fact<P extends TProperties>(
  partitionKey: PartitionKey,
  description: string,
  properties: P,
): Fact<TObject<P>> {
  return {
    kind: 'fact',
    description,
    partitionKey,
    data: record(properties, description),
  };
}

/** Declares a document. A line's own field wins over a shared one of the same name. */
export function document<
  LineType extends string,
  H extends TProperties,
  L extends TProperties,
  K extends keyof H & string,
>(
  partitionKey: PartitionKey,
  description: string,
  options: { header: H; lineType: LineType; line: L; shared: readonly K[]; minLines?: number },
): Document<
  LineType,
  TObject<H & { lines: ReturnType<typeof linesOf<L>> }>,
  TObject<H & { line_count: ReturnType<typeof qtyOrZero> }>,
  TObject<Omit<Pick<H, K>, keyof L> & L>
> {
  const { header, lineType, line, shared } = options;
  const lines = linesOf(line, options.minLines ?? 1);
  const sharedProperties = Object.fromEntries(shared.map((name) => [name, header[name]]));
  return {
    kind: 'document',
    description,
    partitionKey,
    data: record({ ...header, lines }, description),
    header: record({ ...header, line_count: qtyOrZero('Lines of the document') }, description),
    lineType,
    line: record(
      { ...sharedProperties, ...line } as unknown as Omit<Pick<H, K>, keyof L> & L,
      `A line of: ${description}`,
    ),
    shared,
  };
}

function linesOf<L extends TProperties>(line: L, minItems: number) {
  return Type.Array(record(line), { minItems, maxItems: MAX_LINES, description: 'Lines' });
}
