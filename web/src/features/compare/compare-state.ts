import type { Comparison } from '$lib/api/insight';
import { PERIODS, type Period } from '$lib/periods';

/** What a search is held against: all that it does not find, itself in the time just before, or another search or time. */
export const AGAINST = [
  { value: 'rest', label: 'Everything else' },
  { value: 'before', label: 'Time before' },
  { value: 'other', label: 'Another search' },
] as const;

export type Against = (typeof AGAINST)[number]['value'];

/** A stretch of time that ends now, or one that is given by both its ends. */
export interface Span {
  period: Period;
  /** ISO; both or neither. */
  start: string;
  end: string;
}

/** All that the page shows is decided by its address. */
export interface CompareState {
  a: string;
  aSpan: Span;
  against: Against;
  b: string;
  bSpan: Span;
  project: string;
  environment: string;
}

const PERIOD_DEFAULT: Period = '14d';
const UNIT_MS: Record<string, number> = { h: 3_600_000, d: 86_400_000 };

const lengthOf = (period: Period): number => Number.parseInt(period, 10) * (UNIT_MS[period.slice(-1)] ?? 0);

function readSpan(query: URLSearchParams, side: 'a' | 'b', period: Period): Span {
  const [start, end] = [query.get(`${side}Start`) ?? '', query.get(`${side}End`) ?? ''];
  const known = Date.parse(start) < Date.parse(end);
  return {
    period: PERIODS.find(({ value }) => value === query.get(`${side}Period`))?.value ?? period,
    start: known ? start : '',
    end: known ? end : '',
  };
}

export function readCompare(query: URLSearchParams): CompareState {
  const aSpan = readSpan(query, 'a', PERIOD_DEFAULT);
  const b = query.get('b')?.trim() ?? '';
  const bSpan = readSpan(query, 'b', aSpan.period);
  const asked = AGAINST.find(({ value }) => value === query.get('against'))?.value;
  return {
    a: query.get('a')?.trim() ?? '',
    aSpan,
    // An address that names another side means it.
    against: asked ?? (b || bSpan.start ? 'other' : 'rest'),
    b,
    bSpan,
    project: query.get('project') ?? '',
    environment: query.get('environment') ?? '',
  };
}

const spanParams = (side: 'a' | 'b', { period, start, end }: Span, fallback: Period): [string, string][] =>
  start
    ? [
        [`${side}Start`, start],
        [`${side}End`, end],
      ]
    : [[`${side}Period`, period === fallback ? '' : period]];

/** The page's address; what is at its default, or does not count, is left out. */
export function compareHref(state: CompareState): string {
  const { a, aSpan, against, b, bSpan, project, environment } = state;
  const parts: [string, string][] = [['a', a], ...spanParams('a', aSpan, PERIOD_DEFAULT)];
  if (against !== 'rest') parts.push(['against', against]);
  if (against === 'other') parts.push(['b', b], ...spanParams('b', bSpan, aSpan.period));
  parts.push(['project', project], ['environment', environment]);
  const text = new URLSearchParams(parts.filter(([, value]) => value !== '')).toString();
  return text ? `/compare?${text}` : '/compare';
}

/** The ends of a stretch, in milliseconds. */
export function endsOf({ period, start, end }: Span, now: number): [number, number] {
  return start ? [Date.parse(start), Date.parse(end)] : [now - lengthOf(period), now];
}

/** What there is no sense in asking, in words. */
export function problemOf({ a, aSpan, against, b, bSpan }: CompareState): string {
  if (against === 'rest' && !a) return 'Everything has nothing else beside it: say what to compare.';
  const sameSpan = aSpan.start === bSpan.start && aSpan.end === bSpan.end && aSpan.period === bSpan.period;
  if (against === 'other' && a === b && sameSpan) return 'Both sides are the same: change one of them.';
  return '';
}

/** A query that finds every event; an empty one would stand for all that is not `a`. */
const EVERYTHING = 'timestamp:>2000-01-01';

/** What the server is asked. */
export function askedOf(state: CompareState, now: number): Comparison {
  const { a, aSpan, against, b, bSpan, project, environment } = state;
  const ends = endsOf(aSpan, now);
  const others: Record<Against, [query: string, ends: [number, number]]> = {
    rest: ['', ends],
    before: [a || EVERYTHING, [2 * ends[0] - ends[1], ends[0]]],
    other: [b || EVERYTHING, endsOf(bSpan, now)],
  };
  const [query, [bStart, bEnd]] = others[against];
  const iso = (time: number) => new Date(time).toISOString();
  return {
    a: a || EVERYTHING,
    b: query,
    aStart: iso(ends[0]),
    aEnd: iso(ends[1]),
    bStart: iso(bStart),
    bEnd: iso(bEnd),
    project,
    environment,
  };
}
