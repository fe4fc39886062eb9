import type { FoundEvent } from './api/search';

/** What tests search for. */
export const foundEvent: FoundEvent = {
  id: 'f'.repeat(32),
  matches: [{ where: 'breadcrumb http', snippet: 'voucher quetzal', highlights: [[8, 15]] }],
  title: 'PaymentDeclined: card was declined',
  culprit: 'pay',
  timestamp: '2026-11-24T10:00:00Z',
  level: 'error',
  project: 'shop',
  release: 'shop@1.0',
  environment: 'production',
  'issue.id': 7,
  'user.display': null,
};
