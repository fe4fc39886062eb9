/** Whether a release is better or worse than the one before it at the same age. */
import { apiPath, requestJson } from './http';
import type { Issue } from './types';

export type VerdictWord = 'better' | 'same' | 'worse' | 'not_enough_data';

export interface VerdictCheck {
  name: string;
  state: VerdictWord | 'missing';
  before: string | number | null;
  after: string | number | null;
  /** Of which test the chance below is. */
  test: string | null;
  p: number | null;
  sentence: string;
}

export interface Verdict {
  verdict: VerdictWord;
  sentence: string;
  /** The release that it is compared with. */
  against: string | null;
  /** How old both were, in words. */
  age: string | null;
  checks: VerdictCheck[];
  newIssues: Issue[];
  regressedIssues: Issue[];
}

export interface VerdictFilter {
  project?: string;
  environment?: string;
}

export const getVerdict = (org: string, release: string, filter: VerdictFilter = {}, signal?: AbortSignal) =>
  requestJson<Verdict>(apiPath`/organizations/${org}/verdict/`, { query: { release, ...filter }, signal });
