/** What `/api/0` says of why an issue fails: its pattern, what differs, what tells most, how to reproduce it, and what happened around it. */

export type PatternKind =
  | 'burst_after_deploy'
  | 'burst'
  | 'steady'
  | 'rare'
  | 'dependency'
  | 'periodic'
  | 'one_user'
  | 'fading'
  | 'load_dependent'
  | 'unclear';

/** What lists show of an issue beside its counts. */
export interface Standing {
  pattern: PatternKind;
  since: string | null;
  /** From 0 to 1000. */
  urgency: number;
}

/** When a rate changed: with 95 % confidence between `from` and `to`. */
export interface ChangePoint {
  at: string;
  from: string;
  to: string;
  /** Events a day. */
  before: number;
  after: number;
}

/** A number that a judgement rests on, in words. */
export interface NamedNumber {
  name: string;
  value: string;
  counts: string | null;
}

export interface IssueLink {
  id: string;
  shortId: string;
  title: string;
}

export interface Dependency {
  host: string;
  call: string;
  status: string | null;
  share: number;
  query: string;
  /** Other issues that follow the same failed call. */
  issues: IssueLink[];
}

export interface Pattern {
  kind: PatternKind;
  label: string;
  sentences: string[];
  change: ChangePoint | null;
  numbers: NamedNumber[];
  dependency: Dependency | null;
  user: { key: string; value: string; share: number } | null;
  urgency: number;
  urgencyReasons: string[];
}

/** So many of so many. */
export interface Share {
  hits: number;
  of: number;
}

export interface Difference {
  key: string;
  label: string;
  value: string;
  /** Whether it is more or less frequent among the failing ones. */
  direction: 'over' | 'under';
  failing: Share;
  others: Share;
  /** What the others are. */
  against: 'events' | 'sessions' | 'transactions';
  ratio: number | null;
  pValue: number;
  sentence: string;
  query: string | null;
}

/** `alike` holds other values that nearly the same events have. */
export type Finding = Difference & { alike: Difference[] };

export interface Differs {
  compared: {
    failing: number;
    others: number;
    healthy: number | null;
    from: string;
    to: string;
    sampled: boolean;
  };
  tooFew: string | null;
  /** Values that were tested. */
  checked: number;
  findings: Finding[];
}

export interface Telling {
  sentences: string[];
  frame: { exception: number; frame: number; sentence: string } | null;
  crumbs: { index: number; sentence: string }[];
  span: { trace: string; span: string; sentence: string } | null;
}

export interface Insight {
  pattern: Pattern;
  differs: Differs;
  telling: Telling;
}

export interface ReproductionSection {
  name: 'request' | 'steps' | 'environment' | 'inputs';
  title: string;
  text: string;
  language: 'shell' | 'text' | 'json';
}

export interface Reproduction {
  sections: ReproductionSection[];
  text: string;
  /** What stands for values that were secret or filtered. */
  placeholders: { name: string; from: string }[];
  missing: string[];
}

export interface LocalEvent {
  eventID: string;
  project: string;
  environment: string | null;
  date: string;
  title: string;
}

export interface ComparedEvent {
  eventId: string;
  title: string;
  date: string;
  environment: string | null;
  release: string | null;
  project: string;
}

export interface ComparedRow {
  key: string;
  a: string | null;
  b: string | null;
  same: boolean;
}

export interface ComparedGroup {
  name: string;
  title: string;
  rows: ComparedRow[];
  /** How many are the same in both, listed or not. */
  same: number;
}

export interface SideBySide {
  a: ComparedEvent;
  b: ComparedEvent;
  groups: ComparedGroup[];
  sentences: string[];
}

/** A `change` is what people did with the issue, and what became of it. */
export type MomentKind =
  'deploy' | 'release' | 'alert' | 'incident' | 'issue' | 'host' | 'annotation' | 'change';

export interface Moment {
  at: string;
  until: string | null;
  kind: MomentKind;
  title: string;
  detail: string | null;
  /** A path of the app; of an annotation the address that it names. */
  href: string | null;
  project: string | null;
  /** Within minutes of the change. */
  near: boolean;
}

/** `[unix seconds, count]`, oldest first. */
type Series = [number, number][];

export interface Timeline {
  from: string;
  to: string;
  bucketSeconds: number;
  issue: Series;
  project: Series;
  moments: Moment[];
  change: Pick<ChangePoint, 'at' | 'from' | 'to'> | null;
  sentences: string[];
}

export type AnnotationKind = 'flag' | 'infrastructure' | 'third_party' | 'other';

export interface NewAnnotation {
  /** Null is now. */
  at: string | null;
  until: string | null;
  title: string;
  text: string;
  kind: AnnotationKind;
  /** By slug; none means all. */
  projects: string[];
  environment: string | null;
  link: string | null;
}

export type Annotation = NewAnnotation & { id: string; at: string };
