import { getIssue, listIssues, type IssueFilter, type IssuePage } from '$lib/api/issues';
import { live } from '$lib/api/live.svelte';
import type { Issue } from '$lib/api/types';
import type { Resource } from '$lib/resource.svelte';
import { session } from '$lib/session.svelte';

/** Shown rows are refreshed at most this often, however busy the stream is. */
const REFRESH_EVERY_MS = 1_000;
/** Rows that left the search are asked for one by one, up to this many at a time. */
const SINGLE_MAX = 10;

/**
 * Keeps a list of issues true while it is looked at: shown rows change in place, none moves, and new issues that the
 * search finds are only counted until somebody asks for them.
 */
export class LiveList {
  newIds = $state.raw<string[]>([]);
  #list: Resource<IssuePage>;
  #filter: () => IssueFilter;
  #reload: () => void;
  #changed = new Set<string>();
  #fresh = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `reload` is for a list without rows: there is nothing that could jump. */
  constructor(list: Resource<IssuePage>, filter: () => IssueFilter, reload: () => void) {
    this.#list = list;
    this.#filter = filter;
    this.#reload = reload;
  }

  /** The list is about to be loaded anew: all it will show is known. */
  forget() {
    this.newIds = [];
    this.#fresh.clear();
  }

  /** The answer stops it. */
  follow(): () => void {
    const stop = live.subscribe((update) => {
      const shown = new Set(this.#list.data?.issues.map(({ id }) => id));
      if (shown.size === 0 && update.new.length > 0) {
        void session.loadProjects();
        return this.#reload();
      }
      for (const id of update.new) if (!shown.has(id)) this.#fresh.add(id);
      for (const id of [...update.updated, ...update.new]) if (shown.has(id)) this.#changed.add(id);
      if (this.#fresh.size + this.#changed.size > 0) {
        this.#timer ??= setTimeout(() => void this.#refresh(), REFRESH_EVERY_MS);
      }
    });
    return () => (clearTimeout(this.#timer), stop());
  }

  async #refresh() {
    this.#timer = undefined;
    const changed = new Set(this.#changed);
    this.#changed.clear();
    const [before, filter] = [this.#list.data, this.#filter()];
    if (!before || this.#list.loading) return;
    const isSame = () =>
      this.#list.data === before && JSON.stringify(filter) === JSON.stringify(this.#filter());
    try {
      const page = await listIssues(session.org, filter);
      const rows = await inPlace(before.issues, page.issues, changed);
      const first = filter.cursor ? await listIssues(session.org, { ...filter, cursor: '' }) : page;
      if (!isSame()) return;
      this.#list.set({ ...before, issues: rows });
      const shown = new Set(rows.map(({ id }) => id));
      const found = first.issues.filter(({ id }) => this.#fresh.has(id) && !shown.has(id));
      this.newIds = found.map(({ id }) => id);
    } catch {
      // What is shown stays; the next change asks again.
    }
  }
}

/**
 * The shown rows as they are now. `changed` are the ids that the server has named: one of them that the search does
 * not find any more, because somebody resolved it, still shows its new state.
 */
async function inPlace(shown: Issue[], page: Issue[], changed: ReadonlySet<string>): Promise<Issue[]> {
  const fresh = new Map(page.map((issue) => [issue.id, issue]));
  const left = shown.filter(({ id }) => changed.has(id) && !fresh.has(id)).slice(0, SINGLE_MAX);
  const singles = await Promise.all(left.map(({ id }) => getIssue(session.org, id).catch(() => undefined)));
  for (const [at, issue] of singles.entries()) {
    // A single issue comes with other series than those of a list.
    if (issue) fresh.set(issue.id, { ...issue, stats: left[at]?.stats ?? issue.stats });
  }
  return shown.map((issue) => {
    const now = fresh.get(issue.id);
    return now ? { ...now, matches: now.matches ?? issue.matches } : issue;
  });
}
