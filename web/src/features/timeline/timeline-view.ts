import type { Annotation, Moment, MomentKind, Timeline } from '$lib/api/insight-types';
import { placeStretch, type PlacedStretch } from '$lib/chart-marks';
import type { Period } from '$lib/periods';

/** What a kind of moment is called in a list. */
export const KIND_TEXT: Record<MomentKind, string> = {
  deploy: 'Deploy',
  release: 'New release',
  alert: 'Alert',
  incident: 'Incident',
  issue: 'Other issue',
  host: 'Failing host',
  annotation: 'Annotation',
  change: 'Change',
};

/** The rows beneath the chart, top to bottom. The issue's own changes are drawn on the chart itself. */
const LANES: { name: string; kinds: MomentKind[] }[] = [
  { name: 'Deploys', kinds: ['deploy', 'release'] },
  { name: 'Alerts', kinds: ['alert', 'incident'] },
  { name: 'Other issues', kinds: ['issue'] },
  { name: 'Failing hosts', kinds: ['host'] },
  { name: 'Annotations', kinds: ['annotation'] },
];

export interface LaneMark extends PlacedStretch {
  /** In the list of moments. */
  index: number;
  moment: Moment;
}

export interface Lane {
  name: string;
  marks: LaneMark[];
}

export const momentKey = ({ at, kind, title, project }: Moment): string =>
  [at, kind, title, project ?? ''].join(' ');

/** Where each moment stands, by lane; lanes without any are left out. What has no end yet reaches to the right edge. */
export function lanesOf(moments: Moment[], from: number, to: number): Lane[] {
  return LANES.map(({ name, kinds }) => ({
    name,
    marks: moments.flatMap((moment, index) => {
      if (!kinds.includes(moment.kind)) return [];
      const start = Date.parse(moment.at);
      const placed = placeStretch([start, moment.until ? Date.parse(moment.until) : start], from, to);
      return placed ? [{ ...placed, index, moment }] : [];
    }),
  })).filter(({ marks }) => marks.length > 0);
}

export const timesOf = ({ from, to }: Pick<Timeline, 'from' | 'to'>): [from: number, to: number] => [
  Date.parse(from),
  Date.parse(to),
];

/** The annotation that a moment tells of: the timeline itself does not say which. */
export const annotationOf = (moment: Moment, known: Annotation[]): Annotation | undefined =>
  moment.kind === 'annotation'
    ? known.find(({ at, title }) => title === moment.title && Date.parse(at) === Date.parse(moment.at))
    : undefined;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** From the shortest that shows a change with what went before it. */
const REACH_MS: [Period, number][] = [
  ['24h', DAY_MS],
  ['7d', 7 * DAY_MS],
  ['14d', 14 * DAY_MS],
  ['30d', 30 * DAY_MS],
];
/** How much of a period has to lie before what it is about, as a share of it. */
const BEFORE_MIN = 0.1;

/** The shortest period up to now in which a moment stands with something before it. */
export function periodShowing(moment: number, now: number): Period {
  const age = now - moment;
  return REACH_MS.find(([, reach]) => age <= reach * (1 - BEFORE_MIN))?.[0] ?? '90d';
}
