/** Who may have brought an issue, as `/api/0` says it. */
import { apiPath, requestJson } from './http';
import type { Commit, Deploy, Issue, Person } from './types';

export interface TouchedFile {
  path: string;
  function: string | null;
  isInnermost: boolean;
}

export type SuspectCommit = Commit & { user: Person | null; touched: TouchedFile[]; sentence: string };

export type SuspectDeploy = Deploy & {
  version: string;
  projects: Issue['project'][];
  isOfProject: boolean;
  /** From its end to the issue. */
  secondsBefore: number;
  sentence: string;
};

export interface Suspects {
  release: { version: string } | null;
  previousRelease: { version: string } | null;
  isRegression: boolean;
  date: string;
  commits: SuspectCommit[];
  /** Why there are none, in words. */
  noCommits: string | null;
  deploys: SuspectDeploy[];
}

export const getSuspects = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<Suspects>(apiPath`/organizations/${org}/issues/${id}/suspects/`, { signal });
