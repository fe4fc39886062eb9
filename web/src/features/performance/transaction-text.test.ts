import { expect, it } from 'vitest';
import {
  apdexTone,
  durationChange,
  explainThroughput,
  failureTone,
  formatFactor,
  formatFailureRate,
  formatRate,
  spansEach,
} from './transaction-text';
import { transaction } from './transaction.fixture';

it.each([
  [0, '0'],
  [0.004, '< 0.01'],
  [0.255, '0.26'],
  [12.44, '12.4'],
  [1_240.4, '1,240'],
  [52_310, '52.3k'],
])('%s a minute are %s', (rate, text) => expect(formatRate(rate)).toBe(text));

it.each([
  [null, '–'],
  [0, '0 %'],
  [0.00001, '< 0.01 %'],
  [0.0034, '0.34 %'],
  [0.1207, '12.1 %'],
  [0.9999, '> 99.9 %'],
  [1, '100 %'],
])('a failure rate of %s is %s', (rate, text) => expect(formatFailureRate(rate)).toBe(text));

it('says how far sampling went', () => {
  expect(formatFactor(1)).toBe('');
  expect(formatFactor(10)).toBe('×10');
  expect(formatFactor(3.3333)).toBe('×3.3');
  expect(explainThroughput({ ...transaction, count: 120, sampleFactor: 1 })).toBe('120 in all');
  expect(explainThroughput({ ...transaction, count: 120, estimated: 1_200, sampleFactor: 10 })).toBe(
    '120 received; SDKs sent about one of 10, so there were about 1,200',
  );
});

it.each([
  [412, 400, 'as before', 'plain'],
  [440, 400, '10 % slower', 'warn'],
  [640, 400, '60 % slower', 'error'],
  [960, 400, '2.4× as long', 'error'],
  [300, 400, '25 % faster', 'ok'],
])('%s ms after %s ms is %s', (now, before, text, tone) =>
  expect(durationChange(now, before)).toEqual({ text, tone }),
);

it('compares nothing with nothing', () => {
  expect(durationChange(412, null)).toBeNull();
  expect(durationChange(null, 412)).toBeNull();
  expect(durationChange(412, 0)).toBeNull();
});

it('lights what deserves a look', () => {
  expect([0.001, 0.02, 0.2].map(failureTone)).toEqual(['plain', 'warn', 'error']);
  expect([0.95, 0.8, 0.4].map(apdexTone)).toEqual(['plain', 'warn', 'error']);
});

it('counts spans for each transaction', () => {
  expect(spansEach(300, 100)).toBe('3 each');
  expect(spansEach(3, 100)).toBe('< 0.1 each');
  expect(spansEach(5, 0)).toBe('5 spans');
});
