/**
 * Serves the built dashboard. Files with a hash in their name are kept by browsers for good; the page that
 * names them is asked for each time, and carries the nonce of its own answer (headers.ts).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import staticFiles from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../platform/http/problem.ts';

/** Where the built page has it: `<meta name="csp-nonce" nonce="" />`. */
const NONCE = /(<meta name="csp-nonce" nonce=")(")/;

export async function registerDashboard(app: FastifyInstance, folder: string): Promise<void> {
  const file = join(folder, 'index.html');
  if (!existsSync(file)) {
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
  const page = readFileSync(file, 'utf8');
  app.get('/', async ({ styleNonce }, reply) => {
    void reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache');
    return page.replace(NONCE, `$1${styleNonce}$2`);
  });
  await app.register(staticFiles, {
    root: folder,
    index: false,
    cacheControl: false,
    preCompressed: true,
    setHeaders: (response, path) => {
      const isHashed = path.includes('/assets/');
      response.setHeader(
        'cache-control',
        isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
      response.setHeader('vary', 'accept-encoding');
    },
  });
}
