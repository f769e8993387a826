/**
 * ETags for every JSON answer to a GET: who asks again with If-None-Match and would get the same gets 304
 * without the body. They are weak: a digest of the text as it is sent, before any proxy compresses it.
 * An answer that brings an ETag of its own (a version, to be matched on change) keeps it.
 */
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

export function registerEtags(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || reply.statusCode !== 200) return payload;
    if (!reply.hasHeader('etag')) {
      if (typeof payload !== 'string') return payload;
      void reply.header('etag', etagOf(payload));
    }
    if (!isNamed(request.headers['if-none-match'], String(reply.getHeader('etag')))) return payload;
    void reply.code(304).removeHeader('content-type').removeHeader('content-length');
    return null;
  });
}

export function etagOf(text: string): string {
  return `W/"${createHash('sha1').update(text).digest('base64url')}"`;
}

/** Whether If-None-Match names the ETag, weak or not: `W/"a", "b"` or `*`. */
function isNamed(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return header.split(',').some((tag) => opaque(tag) === opaque(etag));
}
