export interface Crumb {
  label: string;
  href?: string;
}

/** What the page that is shown calls itself: for the window's title and the bar on top. */
class Page {
  title = $state('LightTrace');
  crumbs = $state.raw<Crumb[]>([]);

  show(title: string, crumbs: Crumb[]) {
    this.title = `${title} · LightTrace`;
    this.crumbs = crumbs;
  }
}

export const page = new Page();
