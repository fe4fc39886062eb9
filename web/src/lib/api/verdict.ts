/** Whether a release is better or worse than the one before it at the same age. */
import { apiPath, requestJson } from './http';
import type { Issue } from './types';

export type VerdictState = 'better' | 'same' | 'worse' | 'not_enough_data';

export interface VerdictCheck {
  name: string;
  state: VerdictState;
  /** What the numbers are; a share is of 1. */
  unit: 'share' | 'per_hour' | 'count' | 'milliseconds';
  before: number | null;
  after: number | null;
  /** Of `after`, at 95 %. */
  interval: [number, number] | null;
  /** That it is chance. */
  p: number | null;
  test: 'two_proportions' | 'fisher_exact' | 'poisson_rates' | null;
  sentence: string;
}

export interface VerdictIssue {
  id: string;
  shortId: string;
  title: string;
  culprit: string;
  level: string;
  count: string;
  userCount: number;
}

export interface ProjectVerdict {
  project: Issue['project'];
  state: VerdictState;
  sentence: string;
  /** In so many seconds there will be enough data. */
  readyIn: number | null;
  previousRelease: string | null;
  since: string | null;
  sinceWhat: string | null;
  /** So many seconds of each release are compared. */
  window: number;
  checks: VerdictCheck[];
  newIssues: VerdictIssue[];
  regressedIssues: VerdictIssue[];
}

export interface Verdict {
  release: string;
  environment: string | null;
  /** The worst of its projects, whose sentence it is. */
  state: VerdictState;
  sentence: string;
  readyIn: number | null;
  projects: ProjectVerdict[];
}

export interface VerdictFilter {
  project?: string;
  environment?: string;
}

export const getVerdict = (org: string, release: string, filter: VerdictFilter = {}, signal?: AbortSignal) =>
  requestJson<Verdict>(apiPath`/organizations/${org}/verdict/`, { query: { release, ...filter }, signal });
