/**
 * CloudEvents attributes from `ce-…` headers, for binary mode over HTTP and NATS (REFERENCE §3.2).
 * Header names are read case-insensitively; values are percent-encoded UTF-8, and may be quoted.
 */
import type { Rejection } from '../../contracts/rejections.ts';

const PREFIX = 'ce-';

export interface Attributes {
  readonly attributes: Readonly<Record<string, string>>;
  /** The first header that cannot be decoded. Its attribute keeps the raw text. */
  readonly refused: Rejection | undefined;
}

export function readAttributes(headers: Iterable<readonly [string, string]>): Attributes {
  const found: [string, string][] = [];
  let refused: Rejection | undefined;
  for (const [header, value] of headers) {
    const lower = header.toLowerCase();
    if (!lower.startsWith(PREFIX)) continue;
    const decoded = decodeValue(value);
    found.push([lower.slice(PREFIX.length), decoded ?? value]);
    if (decoded === null) refused ??= badHeader(lower, value);
  }
  return { attributes: Object.fromEntries(found), refused };
}

/** Null when the value is not as the CloudEvents bindings want it. */
function decodeValue(value: string): string | null {
  const bare = /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;
  if (!/^[\x20-\x7e]*$/.test(bare)) return null;
  try {
    return decodeURIComponent(bare);
  } catch {
    return null;
  }
}

function badHeader(header: string, value: string): Rejection {
  return {
    reason: 'invalid_envelope',
    field: header,
    value: value.slice(0, 120),
    detail:
      `${header}: must be printable ASCII with everything else percent-encoded as UTF-8, ` +
      'such as "Z%C3%BCrich"; "%" itself is %25',
  };
}
