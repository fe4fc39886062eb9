import { changeQuery } from './match-path';

/** The address bar as state. The URL holds everything a page needs to be shown again or sent to somebody. */
class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  query = $derived(new URLSearchParams(this.search));

  /** Listens for back, forward and clicks on links of this app; the answer stops it. */
  start(): () => void {
    const onPop = () => this.#read();
    const onClick = (event: MouseEvent) => this.#click(event);
    addEventListener('popstate', onPop);
    document.addEventListener('click', onClick);
    return () => {
      removeEventListener('popstate', onPop);
      document.removeEventListener('click', onClick);
    };
  }

  go(href: string, options: { replace?: boolean; keepScroll?: boolean } = {}) {
    if (href === location.pathname + location.search) return;
    if (options.replace) history.replaceState(null, '', href);
    else history.pushState(null, '', href);
    this.#read();
    if (!options.keepScroll) scrollTo(0, 0);
  }

  /**
   * Takes a one-time secret out of the address: from here on neither the history's list nor a picture of the screen has
   * it. It outlives a reload, and ends with the next `go`.
   */
  conceal(path: string, secret: string) {
    history.replaceState({ secret }, '', path);
    this.#read();
  }

  /** What `conceal` took out of the address that is shown. */
  get secret(): string {
    const state: unknown = history.state;
    if (!state || typeof state !== 'object' || !('secret' in state)) return '';
    return typeof state.secret === 'string' ? state.secret : '';
  }

  /** Changes parameters of the page that is shown, without moving it. */
  setQuery(changes: Record<string, string | null>, options: { replace?: boolean } = {}) {
    this.go(this.path + changeQuery(this.search, changes), { ...options, keepScroll: true });
  }

  /** Another page of the list that is shown, from its beginning. An empty cursor is the first. */
  turnPage(cursor: string) {
    this.setQuery({ cursor });
    scrollTo(0, 0);
  }

  #read() {
    this.path = location.pathname;
    this.search = location.search;
  }

  #click(event: MouseEvent) {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname.startsWith('/api/') || (link.hash && link.pathname === location.pathname)) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const router = new Router();
