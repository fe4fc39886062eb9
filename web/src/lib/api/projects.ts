import { apiPath, requestJson } from './http';
import type { Ledger, NewProject, Project, ProjectKey } from './types';

export const listProjects = (org: string, signal?: AbortSignal) =>
  requestJson<Project[]>(apiPath`/organizations/${org}/projects/`, { signal });

export const createProject = (org: string, body: NewProject) =>
  requestJson<Project>(apiPath`/organizations/${org}/projects/`, { method: 'POST', body });

export const listProjectKeys = (org: string, project: string, signal?: AbortSignal) =>
  requestJson<ProjectKey[]>(apiPath`/projects/${org}/${project}/keys/`, { signal });

export const getLedger = (org: string, signal?: AbortSignal) =>
  requestJson<Ledger>(apiPath`/organizations/${org}/stats/ledger/`, { signal });
