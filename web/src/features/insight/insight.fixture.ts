import type { Difference, Differs, Finding, Telling } from '$lib/api/insight-types';

/** A difference as the server says it, with what a test is about. */
export const difference = (changes: Partial<Difference> = {}): Difference => ({
  key: 'browser.name',
  label: 'Browser',
  value: 'Safari',
  direction: 'over',
  failing: { hits: 188, of: 200 },
  others: { hits: 1204, of: 10_033 },
  against: 'events',
  ratio: 7.8,
  pValue: 1e-9,
  sentence: '94 % of its events come from Safari, 12 % of the others',
  query: 'browser.name:Safari',
  ...changes,
});

export const finding = (changes: Partial<Finding> = {}): Finding => ({
  ...difference(changes),
  alike: [],
  ...changes,
});

export const differs = (changes: Partial<Differs> = {}): Differs => ({
  compared: {
    failing: 200,
    others: 10_033,
    healthy: null,
    from: '2026-11-24T10:00:00Z',
    to: '2026-11-27T10:00:00Z',
    sampled: false,
  },
  tooFew: null,
  checked: 412,
  findings: [finding()],
  ...changes,
});

export const telling = (changes: Partial<Telling> = {}): Telling => ({
  sentences: [],
  frame: null,
  crumbs: [],
  span: null,
  ...changes,
});
