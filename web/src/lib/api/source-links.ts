import { apiPath, requestJson } from './http';
import type { CodeMapping, MappingSuggestion, NewCodeMapping, NewRepository, Repository } from './types';

/** The server gives no more; a project has no more mappings. */
const PER_PAGE_MAX = 100;

export const listRepositories = (org: string, signal?: AbortSignal) =>
  requestJson<Repository[]>(apiPath`/organizations/${org}/repos/`, {
    query: { per_page: PER_PAGE_MAX },
    signal,
  });

export const createRepository = (org: string, body: NewRepository) =>
  requestJson<Repository>(apiPath`/organizations/${org}/repos/`, { method: 'POST', body });

export const updateRepository = (org: string, repository: string, body: NewRepository) =>
  requestJson<Repository>(apiPath`/organizations/${org}/repos/${repository}/`, { method: 'PUT', body });

export const listMappings = (org: string, project: string, signal?: AbortSignal) =>
  requestJson<CodeMapping[]>(apiPath`/organizations/${org}/code-mappings/`, {
    query: { project, per_page: PER_PAGE_MAX },
    signal,
  });

export const createMapping = (org: string, body: NewCodeMapping) =>
  requestJson<CodeMapping>(apiPath`/organizations/${org}/code-mappings/`, { method: 'POST', body });

export const updateMapping = (org: string, mapping: string, body: NewCodeMapping) =>
  requestJson<CodeMapping>(apiPath`/organizations/${org}/code-mappings/${mapping}/`, { method: 'PUT', body });

export const deleteMapping = (org: string, mapping: string) =>
  requestJson<void>(apiPath`/organizations/${org}/code-mappings/${mapping}/`, { method: 'DELETE' });

export const listMappingSuggestions = (org: string, project: string, signal?: AbortSignal) =>
  requestJson<MappingSuggestion[]>(apiPath`/projects/${org}/${project}/code-mappings/suggestions/`, {
    signal,
  });
