import { apiPath, requestJson } from './http';
import type {
  KeyChange,
  Ledger,
  NewKey,
  NewProject,
  Project,
  ProjectChange,
  ProjectKey,
  ScrubbingPreview,
  ScrubbingTrial,
} from './types';

export const listProjects = (org: string, signal?: AbortSignal) =>
  requestJson<Project[]>(apiPath`/organizations/${org}/projects/`, { signal });

/** By slug, former slug or number. */
export const getProject = (org: string, project: string, signal?: AbortSignal) =>
  requestJson<Project>(apiPath`/projects/${org}/${project}/`, { signal });

/** With what happened in each of them within a day. */
export const listActiveProjects = (org: string, signal?: AbortSignal) =>
  requestJson<Project[]>(apiPath`/organizations/${org}/projects/`, { signal, query: { statsPeriod: '24h' } });

export const createProject = (org: string, body: NewProject) =>
  requestJson<Project>(apiPath`/organizations/${org}/projects/`, { method: 'POST', body });

export const updateProject = (org: string, project: string, body: ProjectChange) =>
  requestJson<Project>(apiPath`/projects/${org}/${project}/`, { method: 'PUT', body });

export const deleteProject = (org: string, project: string) =>
  requestJson<void>(apiPath`/projects/${org}/${project}/`, { method: 'DELETE' });

export const previewScrubbing = (org: string, project: string, body: ScrubbingTrial, signal?: AbortSignal) =>
  requestJson<ScrubbingPreview>(apiPath`/projects/${org}/${project}/scrubbing-preview/`, {
    method: 'POST',
    body,
    signal,
  });

export const listProjectKeys = (org: string, project: string, signal?: AbortSignal) =>
  requestJson<ProjectKey[]>(apiPath`/projects/${org}/${project}/keys/`, { signal });

export const createKey = (org: string, project: string, body: NewKey) =>
  requestJson<ProjectKey>(apiPath`/projects/${org}/${project}/keys/`, { method: 'POST', body });

export const updateKey = (org: string, project: string, key: string, body: KeyChange) =>
  requestJson<ProjectKey>(apiPath`/projects/${org}/${project}/keys/${key}/`, { method: 'PUT', body });

export const deleteKey = (org: string, project: string, key: string) =>
  requestJson<void>(apiPath`/projects/${org}/${project}/keys/${key}/`, { method: 'DELETE' });

export const getLedger = (org: string, signal?: AbortSignal, statsPeriod?: string) =>
  requestJson<Ledger>(apiPath`/organizations/${org}/stats/ledger/`, { signal, query: { statsPeriod } });
