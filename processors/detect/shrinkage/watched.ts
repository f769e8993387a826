/** What could have been lost: the SKUs of each node, and since when the node is watched. Bounded. */
import { jsonParts, parseJson } from '../../facts/parts.ts';
import type { SnapshotPart } from '../../processor.ts';

/** SKUs of a node; beyond it further ones are not counted, which makes the others look a little worse. */
const MAX_SKUS = 500_000;

interface Node {
  readonly sinceMs: number;
  readonly skus: Set<string>;
}

export class Watched {
  readonly #nodes = new Map<string, Node>();

  see(sku: string, node: string, timeMs: number): void {
    let known = this.#nodes.get(node);
    if (known === undefined) {
      known = { sinceMs: timeMs, skus: new Set() };
      this.#nodes.set(node, known);
    }
    if (known.skus.size < MAX_SKUS) known.skus.add(sku);
  }

  of(node: string): { readonly sinceMs: number; readonly skus: number } | undefined {
    const known = this.#nodes.get(node);
    return known && { sinceMs: known.sinceMs, skus: known.skus.size };
  }

  /** SKUs at nodes, over all nodes. */
  get size(): number {
    return [...this.#nodes.values()].reduce((sum, { skus }) => sum + skus.size, 0);
  }

  snapshot(): Iterable<SnapshotPart> {
    const copies = [...this.#nodes].map(
      ([node, { sinceMs, skus }]) => [node, sinceMs, [...skus]] as const,
    );
    return jsonParts('watched', triples(copies));
  }

  restore({ bytes }: SnapshotPart): void {
    for (const [node, sinceMs, sku] of parseJson<[string, number, string]>(bytes)) {
      this.see(sku, node, sinceMs);
    }
  }
}

function* triples(
  nodes: readonly (readonly [string, number, readonly string[]])[],
): Generator<[string, number, string]> {
  for (const [node, sinceMs, skus] of nodes) for (const sku of skus) yield [node, sinceMs, sku];
}
