/**
 * Hashes that are part of the contract: a routing key must come out the same in every process and on
 * the server, and a payload hash must not depend on the order of its fields. Not for security.
 */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, 32 bit, over the UTF-8 bytes; equals nats-server's `{{partition(n,…)}}` before the modulo. */
export function fnv1a32(textValue: string, seed: number = FNV_OFFSET): number {
  let hash = seed;
  for (let i = 0; i < textValue.length; i++) {
    const code = textValue.charCodeAt(i);
    if (code > 0x7f) return fnvBytes(new TextEncoder().encode(textValue), seed);
    hash = Math.imul(hash ^ code, FNV_PRIME);
  }
  return hash >>> 0;
}

function fnvBytes(bytes: Uint8Array, seed: number): number {
  let hash = seed;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash >>> 0;
}

/**
 * 64 bits of (source, id), as two unsigned halves: the identity of an event (REFERENCE §3.1).
 *
 * The halves have multipliers of their own. Two FNV lanes that differ only in their seed would not do:
 * whether two ids collide in such a lane depends on the low bits of its state alone, so that for one
 * source in sixteen both halves collide together, and a false duplicate is a lost event.
 */
export function identityHash(source: string, id: string): { hi: number; lo: number } {
  let hi = FNV_OFFSET;
  let lo = FNV_OFFSET;
  for (const part of [source, id]) {
    for (let i = 0; i < part.length; i++) {
      const code = part.charCodeAt(i);
      hi = Math.imul(hi ^ code, 0x9e3779b1);
      lo = Math.imul(lo ^ code, 0x5f356495);
    }
    // No id contains it: ("a:b", "c") and ("a:", "bc") differ.
    hi = Math.imul(hi ^ 0xffff, 0x9e3779b1);
    lo = Math.imul(lo ^ 0xffff, 0x5f356495);
  }
  return { hi: mix32(hi), lo: mix32(lo) };
}

/** 53 bits of that hash as a number: what processors keep of an event. Never 0. */
export function identityOf(source: string, id: string): number {
  return identityNumber(identityHash(source, id));
}

/** The same of a hash that is known. */
export function identityNumber({ hi, lo }: { readonly hi: number; readonly lo: number }): number {
  return (hi & 0x1fffff) * 0x1_0000_0000 + lo || 1;
}

/** `Nats-Msg-Id` of (source, id): 16 hexadecimal digits. */
export function messageId(source: string, id: string): string {
  return identityText(identityHash(source, id));
}

/** The same of an identity that is known. */
export function identityText({ hi, lo }: { readonly hi: number; readonly lo: number }): string {
  return hex8(hi) + hex8(lo);
}

/** Hash of a JSON value, independent of the order of fields: 8 hexadecimal digits. */
export function dataHash(data: unknown): string {
  return hex8(hashValue(data));
}

/** So that 1, "1" and true differ. */
const SEED = { string: 0x2f0b4c47, number: 0x5bd1e995, other: 0x1b873593 } as const;

function hashValue(value: unknown): number {
  if (typeof value === 'string') return fnv1a32(value, SEED.string);
  if (typeof value === 'number') return fnv1a32(String(value), SEED.number);
  if (Array.isArray(value)) {
    let hash = FNV_OFFSET;
    for (const item of value) hash = Math.imul(hash ^ hashValue(item), FNV_PRIME);
    return hash >>> 0;
  }
  if (value !== null && typeof value === 'object') {
    // Addition commutes, so {a, b} and {b, a} hash alike. Each pair is mixed first, or else two fields
    // that swap their values would often give the same sum.
    let hash = 0;
    for (const name in value) {
      const pair = Math.imul(fnv1a32(name), FNV_PRIME) ^ hashValue(Reflect.get(value, name));
      hash = (hash + mix32(pair)) >>> 0;
    }
    return hash;
  }
  return fnv1a32(String(value), SEED.other);
}

/** Spreads each bit over all 32 (the finaliser of MurmurHash3). */
function mix32(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 32 bits as text; from a table, since `toString(16)` of a large number is three times as slow. */
function hex8(value: number): string {
  const high = (HEX[value >>> 24] ?? '') + (HEX[(value >>> 16) & 0xff] ?? '');
  return high + (HEX[(value >>> 8) & 0xff] ?? '') + (HEX[value & 0xff] ?? '');
}
