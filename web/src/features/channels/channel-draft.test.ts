import { expect, it } from 'vitest';
import type { NotificationTarget } from '$lib/api/alert-types';
import { draftOf, editOf, newChannel } from './channel-draft';
import { CHANNEL_TYPES } from './channel-types';

const slack: NotificationTarget = {
  id: '3',
  name: '#ops',
  type: 'slack',
  url: 'https://hooks.slack.com/…',
  hasSecret: false,
  enabled: true,
  dateCreated: '2026-11-27T02:00:00Z',
  lastDelivery: null,
};

it('never sends a masked address back as if it were one', () => {
  const draft = draftOf(slack);
  expect(draft.url).toBe('');
  expect(editOf({ ...draft, name: '#oncall ' }, slack)).toEqual({ name: '#oncall' });
});

it('changes an address and a secret once they are typed', () => {
  const hook: NotificationTarget = {
    ...slack,
    type: 'webhook',
    url: 'https://a.example/hook',
    hasSecret: true,
  };
  const draft = draftOf(hook);
  expect(draft).toEqual({ type: 'webhook', name: '#ops', url: 'https://a.example/hook', secret: '' });
  expect(editOf(draft, hook)).toEqual({ name: '#ops' });
  expect(editOf({ ...draft, url: 'https://b.example/hook', secret: 's3cret' }, hook)).toEqual({
    name: '#ops',
    url: 'https://b.example/hook',
    secret: 's3cret',
  });
});

it('makes a whole channel of a new draft', () => {
  const draft = { ...newChannel('pagerduty'), name: 'On call', secret: 'k'.repeat(32) };
  expect(editOf(draft, undefined)).toEqual({
    type: 'pagerduty',
    name: 'On call',
    url: 'https://events.pagerduty.com/v2/enqueue',
    secret: 'k'.repeat(32),
  });
});

it('says of every kind where its address is found', () => {
  expect(CHANNEL_TYPES).toHaveLength(8);
  for (const { where, placeholder } of CHANNEL_TYPES) {
    expect(where.length).toBeGreaterThan(20);
    expect(placeholder).toMatch(/^https:/);
  }
});
