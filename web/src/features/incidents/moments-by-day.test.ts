import { expect, it } from 'vitest';
import type { Moment } from '$lib/api/alert-types';
import { momentsByDay } from './moments-by-day';

it('puts moments in their order, whatever order they came in', () => {
  const moment = (at: string, text: string): Moment => ({ at, by: null, kind: 'alert', text });
  const moments = [
    moment('2026-11-27T02:10:00Z', 'third'),
    moment('2026-11-26T23:50:00Z', 'first'),
    moment('2026-11-27T02:01:00Z', 'second'),
  ];
  const days = momentsByDay(moments, 'UTC');
  expect(days.map(({ day, moments }) => [day, moments.map(({ text }) => text)])).toEqual([
    ['26 Nov', ['first']],
    ['27 Nov', ['second', 'third']],
  ]);
});
