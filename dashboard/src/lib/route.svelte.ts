/** The current route as state that follows the address. */
import { parseRoute, type Route } from './route.ts';

export class Router {
  #route: Route = $state.raw(parseRoute(location.hash));

  get route(): Route {
    return this.#route;
  }

  run(): () => void {
    const follow = () => {
      this.#route = parseRoute(location.hash);
    };
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }
}

/** Changes how a view shows what it shows: the address follows, and there is no step back from it. */
export function refine(hash: string): void {
  if (hash === location.hash) return;
  history.replaceState(null, '', hash);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Goes to a hash, as a click on its link would. */
export function goTo(hash: string): void {
  location.hash = hash;
}
