import type { Issue } from './api/types';

/** Type and message apart, so that the type can stand out. Message events have a title only. */
export function issueTitle(issue: Pick<Issue, 'title' | 'metadata'>): { type: string; value: string } {
  const { type, value, title } = issue.metadata;
  if (type) return { type, value: value ?? '' };
  return { type: title || issue.title || '<unlabeled event>', value: title && value ? value : '' };
}

/** `chargeCard in src/payment.ts`, else the culprit. */
export function issueLocation(issue: Pick<Issue, 'culprit' | 'metadata'>): string {
  const { function: name, filename } = issue.metadata;
  if (name && filename) return `${name} in ${filename}`;
  return issue.culprit || filename || '';
}
