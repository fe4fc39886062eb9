import { describe, expect, it } from 'vitest';
import type { Annotation, Moment } from '$lib/api/insight-types';
import { annotationOf, lanesOf, periodShowing } from './timeline-view';

const at = (minute: number) => new Date(minute * 60_000).toISOString();
const moment = (changes: Partial<Moment>): Moment => ({
  at: at(50),
  until: null,
  kind: 'deploy',
  title: 'api 2.14.3',
  detail: null,
  href: null,
  project: null,
  near: false,
  ...changes,
});

describe('lanes', () => {
  const [from, to] = [0, 100 * 60_000];

  it('hold what lies inside, each kind in its row, cut at the edges', () => {
    const lanes = lanesOf(
      [
        moment({}),
        moment({ at: at(-5) }),
        moment({ kind: 'host', at: at(-20), until: at(30) }),
        moment({ kind: 'incident', at: at(90), until: at(400) }),
        moment({ kind: 'change' }),
      ],
      from,
      to,
    );
    expect(
      lanes.map(({ name, marks }) => [name, ...marks.map(({ index, left, width }) => [index, left, width])]),
    ).toEqual([
      ['Deploys', [0, 50, 0]],
      ['Alerts', [3, 90, 10]],
      ['Failing hosts', [2, 0, 30]],
    ]);
  });
});

it('knows which annotation a moment tells of', () => {
  const known = [
    { id: '1', title: 'flag on', at: '1970-01-01T00:50:00Z' },
    { id: '2', title: 'flag on', at: '1970-01-01T00:51:00Z' },
  ] as Annotation[];
  expect(annotationOf(moment({ kind: 'annotation', title: 'flag on' }), known)?.id).toBe('1');
  expect(annotationOf(moment({ kind: 'deploy', title: 'flag on' }), known)).toBeUndefined();
});

const HOUR = 3_600_000;
it.each([
  [1, '24h'],
  [21, '24h'],
  [23, '7d'],
  [6 * 24, '7d'],
  [7 * 24, '14d'],
  [20 * 24, '30d'],
  [60 * 24, '90d'],
])('what was %d hours ago is shown by %s', (hours, period) =>
  expect(periodShowing(0, hours * HOUR)).toBe(period),
);
