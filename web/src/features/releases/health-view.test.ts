import { expect, it } from 'vitest';
import { healthParams, periodFor, readHealthView } from './health-view';

const HOUR_MS = 3_600_000;

it('looks closely at what is young', () => {
  expect([5, 48, 24 * 30].map((hours) => periodFor(hours * HOUR_MS))).toEqual(['24h', '7d', '14d']);
  expect(periodFor(Number.NaN)).toBe('14d');
});

it('believes the address first', () => {
  const view = (text: string) => readHealthView(new URLSearchParams(text), 'shop', '24h');
  expect(view('')).toEqual({ project: 'shop', environment: '', period: '24h' });
  expect(view('project=api&environment=staging&period=30d')).toEqual({
    project: 'api',
    environment: 'staging',
    period: '30d',
  });
  expect(view('period=9y').period).toBe('24h');
  expect(healthParams({ environment: '', period: '7d' })).toEqual({ environment: null, period: '7d' });
});
