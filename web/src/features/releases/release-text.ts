import type { Commit, CommitAuthor, Release } from '$lib/api/types';
import { plural } from '$lib/number-format';

const NAMES_MAX = 3;

/** `Shop, Checkout`; beyond a few their number. */
export function projectNames(projects: Pick<Release['projects'][number], 'name' | 'slug'>[]): string {
  if (projects.length > NAMES_MAX) return plural(projects.length, 'project');
  return projects.map(({ name, slug }) => name || slug).join(', ');
}

/** The first line says what was done, the rest why. */
export const subject = ({ message, id }: Pick<Commit, 'message' | 'id'>): string =>
  message?.trim().split('\n')[0] || id.slice(0, 12);

export const authorName = (author: CommitAuthor | null | undefined): string =>
  author?.name || author?.email || 'somebody';
