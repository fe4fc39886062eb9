import type { Annotation, Moment, MomentKind, Timeline } from '$lib/api/insight-types';
import { placeStretch, type PlacedStretch } from '$lib/chart-marks';
import { PERIODS, type Period } from '$lib/periods';

/** What a kind of moment is called in a list. */
export const KIND_TEXT: Record<MomentKind, string> = {
  deploy: 'Deploy',
  release: 'New release',
  alert: 'Alert',
  incident: 'Incident',
  issue: 'Other issue',
  host: 'Failing host',
  annotation: 'Annotation',
  change: 'This issue',
};

/** The rows beneath the chart, top to bottom. */
const LANES: { name: string; kinds: MomentKind[] }[] = [
  { name: 'Deploys', kinds: ['deploy', 'release'] },
  { name: 'Alerts', kinds: ['alert', 'incident'] },
  { name: 'Other issues', kinds: ['issue'] },
  { name: 'Failing hosts', kinds: ['host'] },
  { name: 'Annotations', kinds: ['annotation'] },
  { name: 'This issue', kinds: ['change'] },
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

/** Stretches that end now; without one, the server shows a day around the change, or up to the last event. */
const REACHES = PERIODS.filter(({ value }) => value !== '1h');

export const readReach = (query: URLSearchParams): Period | '' =>
  REACHES.find(({ value }) => value === query.get('period'))?.value ?? '';

/** What there is to choose from; the first is in the words of what the server found. */
export const reachOptions = (changed: boolean): { value: Period | ''; label: string }[] => [
  { value: '', label: changed ? 'Change' : 'Last seen' },
  ...REACHES.map(({ value, short }) => ({ value, label: short })),
];
