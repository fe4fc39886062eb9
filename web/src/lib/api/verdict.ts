import { apiPath, requestJson } from './http';
import type { Verdict } from './types';

export interface VerdictFilter {
  project?: string;
  environment?: string;
}

export const getVerdict = (org: string, release: string, filter: VerdictFilter = {}, signal?: AbortSignal) =>
  requestJson<Verdict>(apiPath`/organizations/${org}/verdict/`, { query: { release, ...filter }, signal });
