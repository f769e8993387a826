/** What every part of the page may need, made once in App.svelte. */
import { createContext } from 'svelte';
import type { Brand } from './brand.svelte.ts';
import type { Clock } from './clock.svelte.ts';
import type { LiveSocket } from './live.svelte.ts';
import type { Me } from './me.svelte.ts';
import type { Router } from './route.svelte.ts';
import type { ThemeState } from './theme.svelte.ts';

export interface Page {
  readonly brand: Brand;
  readonly live: LiveSocket;
  readonly clock: Clock;
  readonly me: Me;
  readonly router: Router;
  readonly theme: ThemeState;
}

export const [usePage, providePage] = createContext<Page>();
