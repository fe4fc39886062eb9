/** How releases fare, as `/api/0` says it: rates in percent. */
import { apiPath, requestJson } from './http';
import type { Deploy, Series } from './types';

/** In which a rate truly lies 95 times of 100. */
export interface Interval {
  low: number;
  high: number;
  /** Numbers are so small that the rate says little without it. */
  isWide: boolean;
}

export interface HealthData {
  hasHealthData: boolean;
  crashFreeSessions: number | null;
  crashFreeUsers: number | null;
  crashFreeSessionsInterval?: Interval | null;
  crashFreeUsersInterval?: Interval | null;
  totalSessions: number;
  totalUsers: number;
  totalSessions24h?: number | null;
  usersEstimated?: boolean;
  /** Its share of the project’s users, and of its sessions. */
  adoption: number | null;
  sessionsAdoption: number | null;
  /** Sessions by the hour. */
  stats?: Record<string, Series>;
}

export type Stage = 'adopted' | 'low_adoption' | 'not_adopted' | 'replaced';

/** What a release carries beside what is generated of it. */
export interface Faring {
  regressedGroups?: number;
  /** By project. */
  adoptionStages?: Record<string, { stage: Stage | null }>;
}

export interface HealthPoint {
  /** Its beginning. */
  at: string;
  sessions: { total: number; errored: number; crashed: number; abnormal: number; unhandled: number };
  users: { total: number; crashed: number };
  crashFreeSessions: number | null;
}

export interface ReleaseHealth {
  series: HealthPoint[];
  /** Seconds. */
  interval: number;
  deploys: Deploy[];
  environments?: string[];
  health: HealthData;
}

export interface HealthFilter {
  project: string;
  environment: string;
  statsPeriod: string;
}

export const getReleaseHealth = (org: string, version: string, filter: HealthFilter, signal?: AbortSignal) =>
  requestJson<ReleaseHealth>(apiPath`/organizations/${org}/releases/${version}/health/`, {
    query: { ...filter },
    signal,
  });
