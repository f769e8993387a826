/**
 * Keeps a list of lately moved SKUs calm: what is still in the list stays at its place with its new
 * numbers, and newcomers take the places of those that left. Pure.
 */
import type { SkuHit } from '../../../contracts/atp.ts';

export function mergeRecent(shown: readonly SkuHit[], fresh: readonly SkuHit[]): SkuHit[] {
  const places = new Set(shown.map((hit) => hit.sku_id));
  const newcomers = fresh.filter((hit) => !places.has(hit.sku_id));
  const bySku = new Map(fresh.map((hit) => [hit.sku_id, hit]));
  const kept = shown.flatMap((hit) => bySku.get(hit.sku_id) ?? newcomers.shift() ?? []);
  return [...kept, ...newcomers];
}
