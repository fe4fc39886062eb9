import { expect, it } from 'vitest';
import type { HealthData } from '$lib/api/types';
import type { ReleaseProject } from '$lib/api/types';
import { faresOf } from './fares';

const project = (slug: string, totalSessions: number): ReleaseProject => ({
  id: 1,
  slug,
  name: slug.toUpperCase(),
  newGroups: 0,
  regressedGroups: 0,
  platform: null,
  platforms: [],
  hasHealthData: totalSessions > 0,
  healthData: { hasHealthData: totalSessions > 0, totalSessions } as HealthData,
});

it('puts the project with most sessions first, and leaves out those that have none', () => {
  const fares = faresOf({
    projects: [project('api', 0), project('web', 5), project('app', 9)],
    adoptionStages: { app: { stage: 'adopted', adopted: null, unadopted: null } },
  });
  expect(fares.map(({ slug, stage }) => [slug, stage])).toEqual([
    ['app', 'adopted'],
    ['web', null],
  ]);
});

it('says of each project that nothing is known, where that is so of all', () => {
  expect(faresOf({ projects: [project('api', 0)] })).toEqual([
    { slug: 'api', name: 'API', health: null, stage: null },
  ]);
});
