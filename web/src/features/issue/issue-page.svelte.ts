import { getIssueEvent, listAttachments, readEventAnew } from '$lib/api/events';
import { ApiError } from '$lib/api/http';
import { listReleases } from '$lib/api/releases';
import type { EventTrace } from '$lib/api/trace-types';
import { getEventTrace } from '$lib/api/traces';
import { changeIssues, getIssue, getSuspects, listIssueTags, listSimilar } from '$lib/api/issues';
import { getInsight } from '$lib/api/insight';
import type { Insight } from '$lib/api/insight-types';
import { live } from '$lib/api/live.svelte';
import { type ActivityPage, edited, type IssueEdit, listActivities } from '$lib/api/triage';
import type {
  Activity,
  Attachment,
  Issue,
  IssueEvent,
  Release,
  SimilarIssue,
  Suspects,
  TagShare,
  Verdict,
} from '$lib/api/types';
import { getVerdict } from '$lib/api/verdict';
import { issueChanges } from '$lib/issue-changes.svelte';
import { plural } from '$lib/number-format';
import { Resource } from '$lib/resource.svelte';
import { router } from '$lib/router.svelte';
import { session } from '$lib/session.svelte';
import { toasts } from '$lib/toasts.svelte';

/** However busy the stream is. */
const REFRESH_EVERY_MS = 1_000;

const address = (id: string) => `/issues/${encodeURIComponent(id)}`;
const sameName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/** What an issue's pages show, each part loaded on its own: one that fails leaves the others standing. */
export class IssuePage {
  issue = new Resource<Issue>();
  event = new Resource<IssueEvent>();
  tags = new Resource<TagShare[]>();
  history = new Resource<ActivityPage>();
  similar = new Resource<SimilarIssue[]>();
  attachments = new Resource<Attachment[]>();
  /** Where in its trace the event happened. */
  trace = new Resource<EventTrace>();
  suspects = new Resource<Suspects>();
  /** What is known of why it fails. */
  insight = new Resource<Insight>();
  /** The newest of its project, for the deploys that its trend is marked with. */
  releases = new Resource<Release[]>();
  /** On the release that it came with. */
  verdict = new Resource<Verdict>();
  #eventOf: [id: string, which: string] = ['', ''];
  #insightOf: [id: string, event: string] = ['', ''];
  #id = '';

  /** The head of every page of the issue. */
  loadIssue(id: string) {
    this.#id = id;
    const ask = (signal: AbortSignal) => getIssue(session.org, id, signal);
    void this.issue.load(`issue ${id}`, ask).then(() => this.#follow(id));
    // The head says why it is what it is, which the history knows.
    void this.history.load(`history ${id}`, (signal) => listActivities(session.org, id, '', signal));
  }

  /** What was merged into another is shown as that one: so is its address. */
  #follow(id: string) {
    const issue = this.issue.data;
    if (!issue || id !== this.#id || id === issue.id || sameName(id, issue.shortId)) return;
    const path = router.path.replace(address(id), address(issue.shortId));
    router.go(path + router.search, { replace: true, keepScroll: true });
  }

  get activities(): Activity[] {
    return this.history.data?.activities ?? [];
  }

  /** Below those that are shown. */
  async loadOlder() {
    const known = this.history.data;
    if (!known?.links.next) return;
    const { activities, links } = await listActivities(session.org, this.#id, known.links.next);
    this.history.set({ activities: [...known.activities, ...activities], links });
  }

  /** What stands beside its events. */
  loadSide(id: string) {
    const { org } = session;
    void this.tags.load(`tags ${id}`, (signal) => listIssueTags(org, id, signal));
  }

  /** What is found out about it, from other issues and from releases. */
  loadFindings(id: string) {
    const { org } = session;
    void this.suspects.load(`suspects ${id}`, (signal) => getSuspects(org, id, signal));
    const ask = (signal: AbortSignal) =>
      // Nothing is similar where the server cannot tell.
      listSimilar(org, id, signal).catch((cause: unknown) => {
        if (cause instanceof ApiError && cause.status === 404) return [];
        throw cause;
      });
    void this.similar.load(`similar ${id}`, ask);
  }

  /** For the event that is shown; empty for the recommended one, which needs no waiting for its id. */
  loadInsight(id: string, event: string) {
    const keep = this.#insightOf[0] === id;
    this.#insightOf = [id, event];
    const ask = (signal: AbortSignal) => getInsight(session.org, id, event, signal);
    void this.insight.load(`insight ${id} ${event}`, ask, { keep });
  }

  retryInsight = () => this.loadInsight(...this.#insightOf);

  /** The project's, and whether the first one with this issue made it worse. */
  loadReleases(project: string, first: string | undefined) {
    void this.releases.load(`newest releases ${project}`, async (signal) => {
      return (await listReleases(session.org, { project }, signal)).releases;
    });
    if (!first) return;
    const ask = (signal: AbortSignal) => getVerdict(session.org, first, { project }, signal);
    void this.verdict.load(`verdict ${project} ${first}`, ask);
  }

  async loadEvent(id: string, which: string) {
    // Stepping through one issue's events keeps the last one in place; another issue's must not linger.
    const keep = this.#eventOf[0] === id;
    this.#eventOf = [id, which];
    const ask = (signal: AbortSignal) => getIssueEvent(session.org, id, which, signal);
    await this.event.load(`event ${id} ${which}`, ask, { keep });
  }

  /** With the source maps of today; resolves to what came of it. */
  async readAnew(project: string, name: string): Promise<string> {
    const { events } = await readEventAnew(session.org, project, name);
    this.loadIssue(this.#id);
    await this.loadEvent(...this.#eventOf);
    if (events === 0) return 'No map that fits has been uploaded yet.';
    return `${plural(events, 'event')} of this issue can be read now.`;
  }

  /** What is kept beside an event. */
  loadParts(project: string, event: string) {
    const { org } = session;
    void this.attachments.load(`attachments ${event}`, (signal) =>
      listAttachments(org, project, event, signal),
    );
    void this.trace.load(`trace of ${event}`, (signal) => getEventTrace(org, project, event, signal));
  }

  async change(edit: IssueEdit) {
    const issue = this.issue.data;
    if (!issue) return;
    if (edit.isBookmarked !== undefined) return this.#bookmark(issue, edit);
    const answer = await issueChanges.apply({ id: [issue.id] }, edit, issue.shortId);
    if (!answer) return;
    this.issue.set(edited(issue, edit, answer.assignedTo));
    this.#reload();
  }

  /** Loads again whenever the server says that the issue has changed; the answer stops it. */
  follow(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stopLive = live.subscribe((update) => {
      const id = this.issue.data?.id;
      if (!id || ![...update.updated, ...update.new].includes(id)) return;
      timer ??= setTimeout(() => ((timer = undefined), this.#reload()), REFRESH_EVERY_MS);
    });
    const stopUndo = issueChanges.onUndo(() => this.#reload());
    return () => (clearTimeout(timer), stopLive(), stopUndo());
  }

  /** One's own mark: it shows at once, and its button takes it back. */
  async #bookmark(issue: Issue, edit: IssueEdit) {
    this.issue.set(edited(issue, edit, undefined));
    try {
      await changeIssues(session.org, { id: [issue.id] }, edit);
    } catch (cause) {
      this.issue.set(issue);
      toasts.fail(cause);
    }
  }

  reload() {
    this.#reload();
  }

  #reload() {
    this.loadIssue(this.#id);
    if (this.tags.data) this.loadSide(this.#id);
  }
}
