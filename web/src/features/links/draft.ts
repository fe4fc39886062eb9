import type { CodeMapping, MappingSuggestion, NewRepository, Repository } from '$lib/api/types';
import { PROVIDERS, repositoryOf } from '$lib/providers';

/** Where a repository is, while it is edited. */
export interface Place {
  address: string;
  provider: string;
  /** Of a provider that is not known here. */
  lineTemplate: string;
  branch: string;
}

/** What the form of a mapping holds while it is edited. The branch is the mapping's own. */
export interface Draft extends Place {
  /** Of the mapping that is changed; none for a new one. */
  id: string | null;
  /** Of a repository; empty for one that is not known yet. */
  repository: string;
  stackRoot: string;
  sourceRoot: string;
  isSuggested: boolean;
}

const EMPTY: Draft = {
  id: null,
  repository: '',
  address: '',
  provider: 'github',
  lineTemplate: '',
  stackRoot: '',
  sourceRoot: '',
  branch: '',
  isSuggested: false,
};

/** A repository without an address is offered with the fields that it lacks. */
export const isPlaced = (repository: Repository | undefined): boolean =>
  !!repository && (!!repository.url || !!repository.templates);

export const placeOf = ({ url, provider, defaultBranch, templates }: Repository): Place => ({
  address: url ?? '',
  provider: PROVIDERS.some(({ value }) => value === provider.key) ? provider.key : EMPTY.provider,
  lineTemplate: templates?.line ?? '',
  branch: defaultBranch ?? '',
});

/** What the server is told of a repository; `null` where its address is none. */
export function repositoryAt(place: Place, known: Repository | undefined): NewRepository | null {
  const read = repositoryOf(place.address);
  if (!read) return null;
  const { history = null, blame = null } = known?.templates ?? {};
  return {
    name: known?.name ?? read.name,
    provider: place.provider,
    url: read.url,
    defaultBranch: place.branch.trim(),
    templates: place.provider === 'custom' ? { line: place.lineTemplate.trim(), history, blame } : null,
  };
}

/** Begins with the repository that there is. */
export const newDraft = (repositories: Repository[]): Draft => ({
  ...EMPTY,
  repository: repositories[0]?.id ?? '',
});

export const draftOf = (mapping: CodeMapping): Draft => ({
  ...EMPTY,
  id: mapping.id,
  repository: mapping.repoId,
  stackRoot: mapping.stackRoot,
  sourceRoot: mapping.sourceRoot,
  branch: mapping.defaultBranch ?? '',
  isSuggested: mapping.automaticallyGenerated,
});

export function draftOfSuggestion(suggestion: MappingSuggestion, repositories: Repository[]): Draft {
  const { repoId, repoName, stackRoot, sourceRoot } = suggestion;
  const named = repositories.find(({ id, name }) => id === repoId || name === repoName);
  return {
    ...EMPTY,
    repository: named?.id ?? (repoName ? '' : (repositories[0]?.id ?? '')),
    stackRoot,
    sourceRoot,
    isSuggested: true,
  };
}
