import { listBundles } from '$lib/api/artifacts';
import { getReleaseHealth, type ReleaseHealth } from '$lib/api/health';
import { type IssuePage, listIssues } from '$lib/api/issues';
import { getRelease, listCommits, listDeploys, type CommitPage } from '$lib/api/releases';
import type { ArtifactBundle, Deploy, Release, Verdict } from '$lib/api/types';
import { getVerdict } from '$lib/api/verdict';
import { formatFilter } from '$lib/query-chips';
import { Resource } from '$lib/resource.svelte';
import { session } from '$lib/session.svelte';
import { minifies } from '$lib/upload-tools';
import { type HealthView, INTERVALS } from './health-view';

export interface ProjectBundles {
  slug: string;
  name: string;
  bundles: ArtifactBundle[];
  more: boolean;
}

/** A release may be of many projects; the uploads of no more are asked for. */
const PROJECTS_MAX = 5;
const BUNDLES_SHOWN = 5;

/** Searches for the issues that came with a release, and for those that came back with it. */
export const newIn = (version: string) => formatFilter('firstRelease', version);
export const regressedIn = (version: string) => formatFilter('regressedIn', version);

/** What is known of one release. */
export class ReleasePage {
  release = new Resource<Release>();
  commits = new Resource<CommitPage>();
  deploys = new Resource<Deploy[]>();
  bundles = new Resource<ProjectBundles[]>();
  health = new Resource<ReleaseHealth>();
  verdict = new Resource<Verdict>();
  newIssues = new Resource<IssuePage>();
  regressedIssues = new Resource<IssuePage>();

  load(version: string) {
    void this.release.load(`release ${version}`, (signal) => getRelease(session.org, version, signal));
    void this.commits.load(`commits ${version}`, (signal) => listCommits(session.org, version, '', signal));
    void this.deploys.load(`deploys ${version}`, (signal) => listDeploys(session.org, version, signal));
    const issues = (query: string) => (signal: AbortSignal) =>
      listIssues(session.org, { query, project: '', sort: 'freq', trend: '24h', cursor: '' }, signal);
    void this.newIssues.load(`new in ${version}`, issues(newIn(version)));
    void this.regressedIssues.load(`regressed in ${version}`, issues(regressedIn(version)));
  }

  loadVerdict(version: string) {
    void this.verdict.load(`verdict ${version}`, (signal) => getVerdict(session.org, version, {}, signal));
  }

  /** What is shown stays until the answer to another view is there. */
  loadHealth(version: string, { project, environment, period }: HealthView) {
    const filter = { project, environment, statsPeriod: period, interval: INTERVALS[period] };
    const ask = (signal: AbortSignal) => getReleaseHealth(session.org, version, filter, signal);
    void this.health.load(`health of ${version} ${JSON.stringify(filter)}`, ask, { keep: true });
  }

  async loadOlderCommits(version: string) {
    const known = this.commits.data;
    if (!known?.links.next) return;
    const { commits, links } = await listCommits(session.org, version, known.links.next);
    this.commits.set({ commits: [...known.commits, ...commits], links });
  }

  loadBundles({ version, projects }: Release) {
    const ofProject = async (
      { slug, name, platform }: Release['projects'][number],
      signal: AbortSignal,
    ): Promise<ProjectBundles[]> => {
      const { bundles, links } = await listBundles(session.org, slug, { release: version }, signal);
      const shown = bundles.slice(0, BUNDLES_SHOWN);
      // Most languages need none.
      if (shown.length === 0 && !minifies(platform)) return [];
      const more = shown.length < bundles.length || !!links.next;
      return [{ slug, name: name || slug, bundles: shown, more }];
    };
    void this.bundles.load(`bundles of ${version}`, async (signal) => {
      const asked = projects.slice(0, PROJECTS_MAX).map((project) => ofProject(project, signal));
      return (await Promise.all(asked)).flat();
    });
  }

  stop() {
    const all = [this.release, this.commits, this.deploys, this.bundles, this.health, this.verdict];
    for (const one of [...all, this.newIssues, this.regressedIssues]) one.stop();
  }
}
