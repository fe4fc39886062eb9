import { expect, it } from 'vitest';
import type { EventRow } from '$lib/api/types';
import { eventCells } from './event-cells';

const row = (changes: Partial<EventRow>): EventRow => ({
  id: '1',
  eventID: '1',
  groupID: '1',
  projectID: '1',
  'event.type': 'error',
  title: 'PaymentError: declined',
  message: '',
  culprit: null,
  location: null,
  dateCreated: '2026-11-26T08:00:00Z',
  platform: 'python',
  tags: [],
  user: null,
  crashFile: null,
  trace: null,
  ...changes,
});

it('prefers the transaction to the URL and hides what the issue says already', () => {
  const tags = [
    { key: 'url', value: 'https://shop/pay' },
    { key: 'user', value: 'id:7' },
  ];
  expect(eventCells(row({ tags }), 'PaymentError: declined')).toMatchObject({
    where: 'https://shop/pay',
    user: 'id:7',
    title: '',
    trace: '',
  });
  const more = [...tags, { key: 'transaction', value: '/pay' }];
  expect(
    eventCells(row({ tags: more, title: 'PaymentError: no card' }), 'PaymentError: declined'),
  ).toMatchObject({
    where: '/pay',
    title: 'PaymentError: no card',
  });
});
