import { getEvent } from '$lib/api/events';
import { findEvents } from '$lib/api/search';
import {
  createMapping,
  createRepository,
  deleteMapping,
  listMappings,
  listMappingSuggestions,
  listRepositories,
  updateMapping,
  updateRepository,
} from '$lib/api/source-links';
import type { CodeMapping, Frame, MappingSuggestion, NewCodeMapping, Repository } from '$lib/api/types';
import { Resource } from '$lib/resource.svelte';
import { session } from '$lib/session.svelte';
import { crashFirst, stackChain } from '$lib/stack-frames';
import { isPlaced, repositoryAt, type Draft, type Place } from './draft';

export interface Example {
  event: string;
  issue: number;
  frame: Frame;
}

/** What is known of where a project's code is. */
export class LinksPage {
  mappings = new Resource<CodeMapping[]>();
  repositories = new Resource<Repository[]>();
  suggestions = new Resource<MappingSuggestion[]>();
  example = new Resource<Example | null>();

  load(project: string) {
    const { org } = session;
    void this.mappings.load(`mappings ${project}`, (signal) => listMappings(org, project, signal));
    void this.repositories.load('repositories', (signal) => listRepositories(org, signal));
    void this.suggestions.load(`suggestions ${project}`, (signal) =>
      listMappingSuggestions(org, project, signal),
    );
    void this.example.load(`example ${project}`, (signal) => findExample(project, signal));
  }

  /** Makes what is missing first: a repository without an address leads nowhere. */
  async save(project: { id: string; slug: string }, draft: Draft) {
    const repository = await this.#place(draft);
    const body: NewCodeMapping = {
      projectId: project.id,
      repositoryId: repository,
      stackRoot: draft.stackRoot.trim(),
      sourceRoot: draft.sourceRoot.trim(),
      defaultBranch: draft.branch.trim(),
      automaticallyGenerated: draft.isSuggested,
    };
    if (draft.id) await updateMapping(session.org, draft.id, body);
    else await createMapping(session.org, body);
    this.load(project.slug);
  }

  async remove(project: string, { id }: CodeMapping) {
    await deleteMapping(session.org, id);
    this.load(project);
  }

  async saveRepository(project: string, repository: Repository, place: Place) {
    const body = repositoryAt(place, repository);
    if (body) await updateRepository(session.org, repository.id, body);
    this.load(project);
  }

  /** The number of the repository, once it is known where it is. */
  async #place(draft: Draft): Promise<string> {
    const known = this.repositories.data?.find(({ id }) => id === draft.repository);
    const body = repositoryAt({ ...draft, branch: known?.defaultBranch ?? '' }, known);
    if (!body || isPlaced(known)) return draft.repository;
    const placed = known
      ? await updateRepository(session.org, known.id, body)
      : await createRepository(session.org, body);
    return placed.id;
  }

  stop() {
    for (const one of [this.mappings, this.repositories, this.suggestions, this.example]) one.stop();
  }
}

/** The first frame of ours in the newest event. */
async function findExample(project: string, signal: AbortSignal): Promise<Example | null> {
  const scope = { query: '', project, statsPeriod: '', start: '', end: '' };
  const options = { sort: '-timestamp', cursor: '', perPage: 1 } as const;
  const [found] = (await findEvents(session.org, scope, options, signal)).events;
  if (!found) return null;
  const event = await getEvent(session.org, project, found.id, signal);
  const frames = stackChain(event).flatMap(({ stacktrace }) => crashFirst(stacktrace));
  const frame = frames.find(({ inApp }) => inApp);
  return frame ? { event: event.eventID, issue: found['issue.id'], frame } : null;
}
