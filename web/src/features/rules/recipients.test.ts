import { expect, it } from 'vitest';
import type { NotificationTarget } from '$lib/api/alert-types';
import type { Assignable } from '$lib/api/types';
import { chosenRecipients, recipientOptions, splitRecipients, toldText } from './recipients';

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

it.each([
  [[], 'nobody'],
  [['everyone'], 'everyone'],
  [['everyone', 'admins'], 'everyone and admins'],
  [['everyone', 'assignee', 'admins', '1', '2'], 'everyone, the assignee, admins and 2 more'],
  [['99'], 'nobody'],
])('%o are told: %s', (people, text) => {
  const known = ['1', '2'].map((id) => ({ id, name: `P${id}`, email: '' }) as Assignable);
  expect(toldText({ people, targets: [] }, recipientOptions(known, []))).toBe(text);
});
