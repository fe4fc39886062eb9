import { expect, it } from 'vitest';
import type { NotificationTarget } from '$lib/api/alert-types';
import type { Assignable } from '$lib/api/types';
import { chosenRecipients, recipientOptions, splitRecipients } from './recipients';

it('tells channels from people though both have numbers', () => {
  const told = { people: ['everyone', '3'], targets: ['3', '4'] };
  expect(chosenRecipients(told)).toEqual(['everyone', '3', 'target:3', 'target:4']);
  expect(splitRecipients(chosenRecipients(told))).toEqual(told);
});

it('offers kinds of people, channels, and people by name', () => {
  const ada = { id: '3', name: 'Ada', email: 'ada@example.com' } as Assignable;
  const ops = { id: '3', name: '#ops', type: 'slack', enabled: false } as NotificationTarget;
  const options = recipientOptions([ada], [ops]);
  expect(options.map(({ value }) => value)).toEqual(['everyone', 'assignee', 'admins', 'target:3', '3']);
  expect(options.find(({ label }) => label === '#ops')?.note).toBe('slack, off');
});
