import { getIssueEvent, listAttachments } from '$lib/api/events';
import { getIssue, listActivities, listIssueTags } from '$lib/api/issues';
import type { Activity, Attachment, Issue, IssueEvent, TagShare } from '$lib/api/types';
import { Resource } from '$lib/resource.svelte';

/** What the issue page shows, each part loaded on its own: one that fails leaves the others standing. */
export class IssuePage {
  issue = new Resource<Issue>();
  event = new Resource<IssueEvent>();
  tags = new Resource<TagShare[]>();
  activities = new Resource<Activity[]>();
  attachments = new Resource<Attachment[]>();
  #eventsOf = '';

  loadIssue(org: string, id: string) {
    void this.issue.load(`issue ${id}`, (signal) => getIssue(org, id, signal));
    void this.tags.load(`tags ${id}`, (signal) => listIssueTags(org, id, signal));
    void this.activities.load(`activities ${id}`, (signal) => listActivities(org, id, signal));
  }

  async loadEvent(org: string, id: string, which: string) {
    // Stepping through one issue's events keeps the last one in place; another issue's must not linger.
    const keep = this.#eventsOf === id;
    this.#eventsOf = id;
    await this.event.load(`event ${id} ${which}`, (signal) => getIssueEvent(org, id, which, signal), {
      keep,
    });
  }

  loadAttachments(org: string, project: string, event: string) {
    void this.attachments.load(`attachments ${event}`, (signal) =>
      listAttachments(org, project, event, signal),
    );
  }
}
