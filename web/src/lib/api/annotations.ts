import { apiPath, request, requestJson } from './http';
import type { Annotation, NewAnnotation } from './insight-types';

export const listAnnotations = (
  org: string,
  within: { start: string; end: string; project: string },
  signal?: AbortSignal,
) => requestJson<Annotation[]>(apiPath`/organizations/${org}/annotations/`, { query: within, signal });

export const addAnnotation = (org: string, annotation: NewAnnotation) =>
  requestJson<Annotation>(apiPath`/organizations/${org}/annotations/`, { method: 'POST', body: annotation });

export const deleteAnnotation = (org: string, id: string) =>
  request(apiPath`/organizations/${org}/annotations/${id}/`, { method: 'DELETE' });
