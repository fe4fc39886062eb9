import { expect, it } from 'vitest';
import type { NotificationWishes } from '$lib/api/alert-types';
import { draftOf, wishesOf, zones } from './wishes';

const saved: NotificationWishes = {
  email: true,
  projects: null,
  severityMin: 'low',
  timeZone: 'UTC',
  quietHours: null,
  digest: null,
  nextDigest: null,
  isMailSetUp: true,
};

it('takes the zone of the browser where none has mattered yet', () => {
  expect(draftOf(saved, 'Europe/Berlin').timeZone).toBe('Europe/Berlin');
  expect(draftOf({ ...saved, digest: '0 9 * * *' }, 'Europe/Berlin').timeZone).toBe('UTC');
  expect(draftOf({ ...saved, timeZone: 'Asia/Tokyo' }, 'Europe/Berlin').timeZone).toBe('Asia/Tokyo');
});

it('saves what it was given', () => {
  const all: NotificationWishes = {
    ...saved,
    projects: ['shop'],
    timeZone: 'Asia/Tokyo',
    quietHours: { from: '23:00', to: '06:30', letThrough: 'high' },
    digest: '0 9 * * 1',
  };
  const { nextDigest, isMailSetUp, ...wishes } = all;
  expect([nextDigest, isMailSetUp]).toEqual([null, true]);
  expect(wishesOf(draftOf(all, 'UTC'))).toEqual(wishes);
});

it('asks for nothing of what is off', () => {
  const draft = { ...draftOf(saved, 'UTC'), projects: ['shop'], quietFrom: '21:00' };
  expect(wishesOf(draft)).toMatchObject({ projects: null, quietHours: null, digest: null });
});

it('offers the chosen zone though the browser does not know it', () => {
  expect(zones('Etc/Nowhere').some(({ value }) => value === 'Etc/Nowhere')).toBe(true);
});
