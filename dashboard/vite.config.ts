/**
 * Builds the dashboard into `dist/`, which the API serves. `npx vite dashboard` serves it while it is
 * being worked on, with the data of a running Stocktide behind it.
 */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { compress } from './compress.ts';

const api = process.env['API_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte(), compress()],
  build: { target: 'es2022', modulePreload: { polyfill: false } },
  server: { proxy: { '/v1': { target: api, ws: true } } },
});
