import type { Project } from '$lib/api/types';

type Counted = Pick<Project, 'stats' | 'firstEvent'>;

/** Within the last 24 hours. */
export const eventsOf = ({ stats }: Counted): number =>
  (stats ?? []).reduce((sum, [, count]) => sum + count, 0);

/** It had events once, and none within a day: fixed for good, or cut off. */
export const isSilent = (project: Counted): boolean =>
  !!project.firstEvent && !!project.stats && eventsOf(project) === 0;
