import { listBundles } from '$lib/api/artifacts';
import { getRelease, listCommits, listDeploys, type CommitPage } from '$lib/api/releases';
import type { ArtifactBundle, Deploy, Release } from '$lib/api/types';
import { Resource } from '$lib/resource.svelte';
import { session } from '$lib/session.svelte';
import { minifies } from '$lib/upload-tools';

export interface ProjectBundles {
  slug: string;
  name: string;
  bundles: ArtifactBundle[];
  more: boolean;
}

/** A release may be of many projects; the uploads of no more are asked for. */
const PROJECTS_MAX = 5;
const BUNDLES_SHOWN = 5;

/** What is known of one release. */
export class ReleasePage {
  release = new Resource<Release>();
  commits = new Resource<CommitPage>();
  deploys = new Resource<Deploy[]>();
  bundles = new Resource<ProjectBundles[]>();

  load(version: string) {
    void this.release.load(`release ${version}`, (signal) => getRelease(session.org, version, signal));
    void this.commits.load(`commits ${version}`, (signal) => listCommits(session.org, version, '', signal));
    void this.deploys.load(`deploys ${version}`, (signal) => listDeploys(session.org, version, signal));
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
    for (const one of [this.release, this.commits, this.deploys, this.bundles]) one.stop();
  }
}
