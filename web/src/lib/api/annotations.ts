import { apiPath, request, requestJson } from './http';
import type { Annotation, NewAnnotation } from './insight-types';

/** As many as the server gives at once: a timeline with more is not read one by one. */
const ANNOTATIONS_MAX = 100;

/** The last first. */
export const listAnnotations = (org: string, within: { start: string; end: string }, signal?: AbortSignal) =>
  requestJson<Annotation[]>(apiPath`/organizations/${org}/annotations/`, {
    query: { ...within, per_page: ANNOTATIONS_MAX },
    signal,
  });

export const addAnnotation = (org: string, annotation: NewAnnotation) =>
  requestJson<Annotation>(apiPath`/organizations/${org}/annotations/`, { method: 'POST', body: annotation });

export const deleteAnnotation = (org: string, id: string) =>
  request(apiPath`/organizations/${org}/annotations/${id}/`, { method: 'DELETE' });
