import { expect, it } from 'vitest';
import { changeText, undoneText } from './change-text';

const ada = { type: 'user', id: '1', name: 'Ada', email: 'ada@example.com' };

it.each([
  [{ status: 'resolved' as const }, { changed: 1, undo: '1' }, 'SHOP-1', 'SHOP-1 resolved'],
  [{ status: 'unresolved' as const }, { changed: 1_204, undo: '1' }, undefined, '1,204 issues reopened'],
  [
    { assignedTo: 'user:1' },
    { changed: 2, undo: '1', assignedTo: ada },
    undefined,
    '2 issues assigned to Ada',
  ],
  [{ assignedTo: '' }, { changed: 1, undo: '1', assignedTo: null }, 'SHOP-1', 'SHOP-1 assigned to nobody'],
  [
    { status: 'ignored' as const, assignedTo: 'user:1' },
    { changed: 1, undo: '1', assignedTo: { ...ada, name: '' } },
    undefined,
    '1 issue archived and assigned to ada@example.com',
  ],
  [{ status: 'resolved' as const }, { changed: 0, undo: null }, 'SHOP-1', 'SHOP-1 was so already'],
])('says what %o did', (edit, answer, name, text) => {
  expect(changeText(edit, answer, name)).toBe(text);
});

it('says what an undo left alone', () => {
  expect(undoneText({ restored: ['1'], passedOver: 0 })).toBe('Undone');
  expect(undoneText({ restored: ['1'], passedOver: 1 })).toMatch(/^Undone, but 1 issue was changed since/);
  expect(undoneText({ restored: [], passedOver: 2 })).toMatch(/^Nothing to undo: 2 issues were/);
});
