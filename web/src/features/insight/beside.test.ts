import { describe, expect, it } from 'vitest';
import type { ComparedGroup } from '$lib/api/insight-types';
import { besideOf, pastedEvent, readBeside, sameOf, shownGroups } from './beside';

const ID = '0123456789abcdef0123456789abcdef';

it.each([
  [ID, ID],
  [`  ${ID.toUpperCase()} `, ID],
  ['01234567-89ab-cdef-0123-456789abcdef', ID],
  [`https://trace.example/issues/SHOP-1/events/${ID}?frames=all`, ID],
  ['SHOP-1', null],
  [ID.slice(1), null],
  ['', null],
])('%s names the event %s', (text, event) => expect(pastedEvent(text)).toBe(event));

it('reads from the address what it wrote there, and nothing else', () => {
  const other = { project: 'demo-web', event: ID };
  expect(readBeside(besideOf(other))).toEqual(other);
  expect(['choose', '', `demo web:${ID}`, `demo-web:${ID}0`].map(readBeside)).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

describe('rows', () => {
  const groups: ComparedGroup[] = [
    {
      name: 'runtime',
      title: 'Runtime',
      rows: [
        { key: 'node', a: '20', b: '22', same: false },
        { key: 'os', a: 'Debian', b: 'Debian', same: true },
      ],
      same: 1,
    },
    { name: 'tags', title: 'Tags', rows: [{ key: 'level', a: 'error', b: 'error', same: true }], same: 4 },
  ];

  it('are those that differ, and their groups', () => {
    expect(shownGroups(groups, false).map(({ name, rows }) => [name, rows.length])).toEqual([['runtime', 1]]);
    expect(shownGroups(groups, true).map(({ name, rows }) => [name, rows.length])).toEqual([
      ['runtime', 2],
      ['tags', 1],
    ]);
    expect(sameOf(groups)).toBe(5);
  });
});
