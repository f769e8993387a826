/**
 * Keeps the cards of lately moved SKUs calm: one stays at its place, with its new numbers, as long as
 * it is among the fresh ones at all; the newest others take the places that become free. Asking for
 * more than are shown therefore makes cards stay longer. Pure.
 */
import type { SkuHit } from '../../../contracts/atp.ts';

export function mergeRecent(
  shown: readonly SkuHit[],
  fresh: readonly SkuHit[],
  places: number,
): SkuHit[] {
  const placed = new Set(shown.map((hit) => hit.sku_id));
  const newcomers = fresh.filter((hit) => !placed.has(hit.sku_id));
  const bySku = new Map(fresh.map((hit) => [hit.sku_id, hit]));
  const kept = shown.flatMap((hit) => bySku.get(hit.sku_id) ?? newcomers.shift() ?? []);
  return [...kept, ...newcomers].slice(0, places);
}
