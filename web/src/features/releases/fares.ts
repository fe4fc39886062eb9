import type { HealthData, Release } from '$lib/api/types';

/** A release in one project. */
export interface Fare {
  slug: string;
  name: string;
  /** Where sessions of it are known. */
  health: HealthData | null;
  stage: string | null;
}

const SHOWN_MAX = 3;

/** Project by project, those with most sessions first; projects without any say nothing beside others that have some. */
export function faresOf({ projects, adoptionStages }: Pick<Release, 'projects' | 'adoptionStages'>): Fare[] {
  const fares = projects.map(({ slug, name, healthData }) => ({
    slug,
    name: name || slug,
    health: healthData?.hasHealthData ? healthData : null,
    stage: adoptionStages?.[slug]?.stage ?? null,
  }));
  const told = fares.filter(({ health }) => health !== null);
  return (told.length > 0 ? told : fares)
    .sort((a, b) => (b.health?.totalSessions ?? 0) - (a.health?.totalSessions ?? 0))
    .slice(0, SHOWN_MAX);
}
