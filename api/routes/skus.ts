/**
 * `GET /v1/skus?q=`: finds SKUs by id, from the ledger, and by description, from ClickHouse. Without
 * `q`, those that moved last. Best first: the id itself, ids that begin with it, other ids, descriptions.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { SkuSearch } from '../../contracts/atp.ts';
import type { SearchAnswer, SearchQuestion } from '../../contracts/signals.ts';
import { callerOf } from '../../platform/http/access.ts';
import type { Items } from '../clickhouse/items.ts';
import type { Ledger } from '../ledger.ts';
import { ProblemDocument } from './problems.ts';

const MAX_LIMIT = 100;
const MAX_QUERY_LENGTH = 128;
/** Shorter texts are in too many descriptions to mean one. */
const MIN_DESCRIPTION_LENGTH = 2;

type Hit = SearchAnswer['hits'][number];

export function registerSkus(
  app: FastifyInstance,
  { ledger, items }: { ledger: Ledger; items: Items },
): void {
  app.withTypeProvider<TypeBoxTypeProvider>().get(
    '/v1/skus',
    {
      schema: {
        tags: ['inventory'],
        summary: 'Search SKUs by id or description',
        description:
          'Without q: the SKUs that moved last. For a token of some nodes, what lies at these.',
        querystring: Type.Object({
          q: Type.String({
            default: '',
            maxLength: MAX_QUERY_LENGTH,
            description: 'Part of an id or of a description',
          }),
          limit: Type.Integer({ default: 20, minimum: 1, maximum: MAX_LIMIT }),
        }),
        response: { 200: SkuSearch, 503: ProblemDocument },
      },
    },
    async (request) => {
      const { limit, q: text } = request.query;
      const { nodes } = callerOf(request).scope;
      const within = nodes === null ? {} : { nodes };
      const q = text.trim();
      const [byId, byDescription] = await Promise.all([
        ledger.search({ ...within, q, limit }),
        q.length < MIN_DESCRIPTION_LENGTH ? [] : searchDescriptions(q, { ...within, limit }),
      ]);
      const hits = mergeHits(q, byId.hits, byDescription).slice(0, limit);
      const descriptions = await items.describe(hits.map((hit) => hit.sku_id));
      return {
        q,
        total_positions: nodes === null ? byId.positions : null,
        hits: hits.map((hit) => ({ ...hit, description: descriptions.get(hit.sku_id) ?? null })),
      };
    },
  );

  /** Positions of the SKUs whose description matches, in the order of the match. */
  async function searchDescriptions(
    q: string,
    { limit, ...within }: Pick<SearchQuestion, 'limit' | 'nodes'>,
  ): Promise<Hit[]> {
    const skus = await items.search(q, limit);
    if (skus.length === 0) return [];
    const { hits } = await ledger.search({ ...within, skus, limit: skus.length });
    const place = new Map(skus.map((sku, i) => [sku, i]));
    return [...hits].sort((a, b) => (place.get(a.sku_id) ?? 0) - (place.get(b.sku_id) ?? 0));
  }
}

/** Both lists as one, best first, each SKU once. Without `q` the order of the ledger stays. */
export function mergeHits(q: string, byId: readonly Hit[], byDescription: readonly Hit[]): Hit[] {
  const wanted = q.toLowerCase();
  const rank = ({ sku_id }: Hit) => {
    const id = sku_id.toLowerCase();
    return id === wanted ? 0 : id.startsWith(wanted) ? 1 : 2;
  };
  // Array.prototype.sort is stable: within a rank the order of the ledger stays.
  const ranked = wanted === '' ? byId : [...byId].sort((a, b) => rank(a) - rank(b));
  return [...new Map([...ranked, ...byDescription].map((hit) => [hit.sku_id, hit])).values()];
}
