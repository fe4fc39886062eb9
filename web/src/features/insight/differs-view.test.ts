import { describe, expect, it } from 'vitest';
import { barsOf, comparedText, detailRows, pText, ratioText } from './differs-view';
import { difference, differs, finding } from './insight.fixture';

describe('bars', () => {
  it('say the share and the counts of both sides, and what the others are', () => {
    const bars = barsOf(difference({ against: 'sessions' }));
    expect(bars.map(({ share, counts }) => [share, counts])).toEqual([
      ['94 %', '188 of 200 here'],
      ['12 %', '1,204 of 10,033 healthy sessions'],
    ]);
    expect(bars[0]?.width).toBe(94);
  });

  it('show what is not nothing, and nothing as nothing', () => {
    const widths = (hits: number, of: number) => barsOf(difference({ others: { hits, of } }))[1]?.width;
    expect([widths(1, 100_000), widths(0, 100), widths(0, 0), widths(9, 3)]).toEqual([1, 0, 0, 100]);
  });
});

it.each([
  [4.24, '4.2×'],
  [1, '1×'],
  [469.7, '470×'],
  [null, ''],
  [Infinity, ''],
])('a ratio of %s is %s', (ratio, text) => expect(ratioText(ratio)).toBe(text));

it.each([
  [0.04, '0.040'],
  [1.2e-9, '1e-9'],
  [0, '< 1e-300'],
])('p = %s is %s', (p, text) => expect(pText(p)).toBe(text));

it('lists what is folded into a finding below it', () => {
  const rows = detailRows([finding({ alike: [difference({ value: 'iOS' })] }), finding({ value: 'de' })]);
  expect(rows.map(({ value, folded }) => [value, folded])).toEqual([
    ['Safari', false],
    ['iOS', true],
    ['de', false],
  ]);
});

it('says what was compared, and that it was a sample', () => {
  const { compared } = differs();
  expect(comparedText(differs())).toBe('200 events against 10,033 others');
  expect(
    comparedText(differs({ compared: { ...compared, failing: 1, healthy: 41_090, sampled: true } })),
  ).toBe('1 event against 10,033 others and 41,090 healthy ones, by a sample');
});
