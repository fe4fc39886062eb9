import { describe, expect, it } from 'vitest';
import type { Annotation, Moment } from '$lib/api/insight-types';
import { annotationOf, lanesOf, readReach, reachOptions } from './timeline-view';

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
        moment({ kind: 'change', at: at(60) }),
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
      ['This issue', [4, 60, 0]],
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

it('reads a stretch that it offers, and leaves the rest to the server', () => {
  const read = (text: string) => readReach(new URLSearchParams(text));
  expect(['period=7d', 'period=1h', 'period=x', ''].map(read)).toEqual(['7d', '', '', '']);
  expect(reachOptions(true).map(({ label }) => label)).toEqual([
    'Change',
    '24 h',
    '7 d',
    '14 d',
    '30 d',
    '90 d',
  ]);
  expect(reachOptions(false)[0]?.label).toBe('Last seen');
});
