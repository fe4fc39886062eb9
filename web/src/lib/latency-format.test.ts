import { expect, it } from 'vitest';
import { formatLatency, formatTotalTime } from './latency-format';

it.each([
  [null, '–'],
  [0, '0 ms'],
  [0.001, '< 0.01 ms'],
  [0.42, '0.42 ms'],
  [4, '4 ms'],
  [41.26, '41.3 ms'],
  [412.4, '412 ms'],
  [999.4, '999 ms'],
  [999.7, '1 s'],
  [4_120, '4.12 s'],
  [59_990, '1 min'],
  [200_000, '3 min 20 s'],
  [7_300_000, '2 h'],
])('%s ms are %s', (ms, text) => expect(formatLatency(ms)).toBe(text));

it.each([
  [1_500, '1.5 s'],
  [4.1 * 3_600_000, '4.1 h'],
  [60 * 3_600_000, '2.5 d'],
])('%s ms in all are %s', (ms, text) => expect(formatTotalTime(ms)).toBe(text));
