/**
 * Serves the built dashboard. Files with a hash in their name are kept by browsers for good; the page
 * that names them is asked for each time. The policy allows nothing but what the page brings itself.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import staticFiles from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../platform/http/problem.ts';

const POLICY = [
  "default-src 'self'",
  // The editor of the SQL view makes its own styles.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export async function registerDashboard(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    app.get('/', async () => {
      throw new ProblemError({
        status: 503,
        kind: 'dashboard-not-built',
        title: 'The dashboard has not been built',
        detail: 'Run `npm run build` and start again; the API works without it',
      });
    });
    return;
  }
  await app.register(staticFiles, {
    root: folder,
    cacheControl: false,
    preCompressed: true,
    setHeaders: (response, path) => {
      const isHashed = path.includes('/assets/');
      response.setHeader(
        'cache-control',
        isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
      response.setHeader('vary', 'accept-encoding');
      response.setHeader('content-security-policy', POLICY);
      response.setHeader('referrer-policy', 'same-origin');
    },
  });
}
