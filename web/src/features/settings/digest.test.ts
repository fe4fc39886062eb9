import { expect, it } from 'vitest';
import { digestCron, readDigest } from './digest';

it.each([
  [null, 'none', '09:00'],
  ['0 9 * * *', 'daily', '09:00'],
  ['30 17 * * 1-5', 'workdays', '17:30'],
  ['5 8 * * 1', 'weekly', '08:05'],
  ['*/5 * * * *', 'own', '09:00'],
  ['0 9 1 * *', 'own', '09:00'],
] as const)('%s is %s at %s, and is written as it was read', (cron, kind, time) => {
  const digest = readDigest(cron);
  expect(digest).toMatchObject({ kind, time });
  expect(digestCron(digest)).toBe(cron);
});

it('knows both names of Sunday', () => {
  expect(readDigest('0 9 * * 7').day).toBe('0');
  expect(readDigest('0 9 * * 0').day).toBe('0');
});
