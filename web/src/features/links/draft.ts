import type { CodeMapping, MappingSuggestion, Repository } from '$lib/api/types';

/** What the form of a mapping holds while it is edited. */
export interface Draft {
  /** Of the mapping that is changed; none for a new one. */
  id: string | null;
  /** Of a repository; empty for one that is not known yet. */
  repository: string;
  address: string;
  provider: string;
  /** Of a provider that is not known here. */
  lineTemplate: string;
  stackRoot: string;
  sourceRoot: string;
  branch: string;
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
