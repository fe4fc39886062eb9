import { expect, it } from 'vitest';
import { archiveEdit, conditionOf } from './archive-edit';

it.each([
  ['time', 3, '60', { ignoreDuration: 180 }],
  ['events', 100, '', { ignoreCount: 100 }],
  ['events', 100, '60', { ignoreCount: 100, ignoreWindow: 60 }],
  ['users', 5, '1440', { ignoreUserCount: 5, ignoreUserWindow: 1440 }],
  ['events', 0, '', null],
  ['events', 1.5, '', null],
  ['users', Number.NaN, '', null],
  ['time', 521, '10080', null],
] as const)('%s %s %s is %o', (what, amount, span, details) => {
  expect(conditionOf(what, amount, span)).toEqual(details);
});

it('names the kind of archive that the server asks for', () => {
  expect(archiveEdit('forever')).toEqual({ status: 'ignored', substatus: 'archived_forever' });
  expect(archiveEdit('escalating').substatus).toBe('archived_until_escalating');
  expect(archiveEdit({ ignoreCount: 3 })).toEqual({
    status: 'ignored',
    substatus: 'archived_until_condition_met',
    statusDetails: { ignoreCount: 3 },
  });
});
