import type { Severity } from './api/alert-types';
import type { Tone } from './level';

/** How bad something is, the worst first: colour is never alone, so each has its word and its number of bars. */
export const SEVERITIES: { value: Severity; label: string; tone: Tone; about: string }[] = [
  { value: 'critical', label: 'Critical', tone: 'error', about: 'Wake somebody up' },
  { value: 'high', label: 'High', tone: 'error', about: 'Look at it now' },
  { value: 'medium', label: 'Medium', tone: 'warn', about: 'Look at it today' },
  { value: 'low', label: 'Low', tone: 'info', about: 'Good to know' },
];

export const severityOf = (value: Severity) =>
  SEVERITIES.find((one) => one.value === value) ?? { value, label: value, tone: 'plain' as const, about: '' };

/** For a filter, which takes all that is at least so bad. */
export const SEVERITY_CHOICES = [
  { value: '', label: 'Any severity' },
  { value: 'critical', label: 'Critical' },
  { value: 'high', label: 'High and above' },
  { value: 'medium', label: 'Medium and above' },
];
