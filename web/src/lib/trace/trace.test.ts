import { describe, expect, it } from 'vitest';
import { placeBar } from './bar-place';
import { criticalStretches } from './critical-stretches';
import { findRows, litSegments } from './find-rows';
import { formatShift, marksOf, sayRow } from './row-marks';
import { Trace } from './trace';
import { checkoutWaterfall, largeWaterfall, waterfallOf } from './trace.fixture';
import { collapsible, keptRows, placeOf, visibleRows } from './visible-rows';

const trace = new Trace(checkoutWaterfall());
const texts = (rows: Iterable<number>, of = trace) => [...rows].map((row) => of.text(row));
const rowOf = (text: string) => [...Array(trace.count).keys()].find((row) => trace.text(row) === text) ?? -1;

describe('a trace', () => {
  it('knows what stands below and above a row', () => {
    expect(texts(trace.children(rowOf('GET /token')))).toEqual(['GET session:8812', 'verify_signature']);
    expect(texts(trace.ancestors(rowOf('GET /token'))).slice(0, 2)).toEqual([
      'GET http://auth/token',
      'POST /api/payment',
    ]);
  });

  it('counts failures that a collapsed row would hide, but not its own', () => {
    expect(trace.failedWithin(0)).toBe(2);
    expect(trace.failedWithin(rowOf('GET /token'))).toBe(0);
  });

  it('finds a span by its id, and a gap by none', () => {
    expect(trace.rowOf(trace.id(3))).toBe(3);
    expect(trace.rowOf('')).toBe(-1);
    expect(trace.rowOf('ffffffffffffffff')).toBe(-1);
  });

  it('stands without spans', () => {
    const empty = new Trace(waterfallOf([]));
    expect(empty.durationUs).toBe(1);
    expect(visibleRows(empty, new Set(), null)).toHaveLength(0);
  });
});

describe('visible rows', () => {
  it('leave out what a collapsed row holds', () => {
    const all = visibleRows(trace, new Set(), null);
    expect(all).toHaveLength(trace.count);
    const token = rowOf('GET /token');
    expect(visibleRows(trace, new Set([token]), null)).toHaveLength(trace.count - 2);
    expect(texts(visibleRows(trace, new Set([0]), null))).toEqual(['/checkout', 'order.confirm']);
  });

  it('keep the way to what a filter asks for', () => {
    expect(texts(visibleRows(trace, new Set(), keptRows(trace, 'errors')))).toEqual([
      '/checkout',
      'POST /api/payment',
      'POST /api/payment',
      'POST /api/payment',
      'GET http://auth/token',
      'GET /token',
    ]);
    expect(keptRows(trace, 'all')).toBeNull();
  });

  it('collapse to what stands under the roots', () => {
    expect(texts(visibleRows(trace, collapsible(trace), null))).toContain('order.confirm');
    expect(visibleRows(trace, collapsible(trace), null).length).toBeLessThan(8);
  });

  it('are found by halves', () => {
    const rows = Int32Array.from([0, 4, 9]);
    expect([0, 4, 5, 9, 12].map((row) => placeOf(rows, row))).toEqual([0, 1, 2, 2, 3]);
  });

  it('of ten thousand are there within a frame', () => {
    const large = new Trace(largeWaterfall(10_000));
    const before = performance.now();
    expect(visibleRows(large, new Set([1]), keptRows(large, 'errors')).length).toBeGreaterThan(100);
    // A frame is 16 ms; a busy machine may need several.
    expect(performance.now() - before).toBeLessThan(200);
  });
});

describe('a search in a trace', () => {
  it.each([
    ['token', ['GET http://auth/token', 'GET /token']],
    ['AUTH-service', ['GET /token', 'GET session:8812', 'verify_signature']],
    ['db select carts', ['SELECT * FROM carts WHERE id = $1']],
    ['missing', []],
    ['  ', []],
  ])('for %j', (query, found) => {
    expect(texts(findRows(trace, query, null))).toEqual(found);
  });

  it('finds a span by its whole id', () => {
    expect([...findRows(trace, trace.id(5), null)]).toEqual([5]);
  });

  it('stays within what a filter keeps', () => {
    expect(texts(findRows(trace, 'auth-service', keptRows(trace, 'errors')))).toEqual(['GET /token']);
  });

  it('lights every place', () => {
    expect(litSegments('GET /token?token', ['token']).filter(({ lit }) => lit)).toHaveLength(2);
    expect(litSegments('plain', [])).toEqual([{ text: 'plain', lit: false }]);
  });
});

describe('the critical path', () => {
  it('leaves a row while a child is waited for', () => {
    const row = rowOf('GET /token');
    expect(criticalStretches(trace, row)).toEqual([
      { from: 402_000, to: 409_000 },
      { from: 457_000, to: 463_000 },
    ]);
    expect(criticalStretches(trace, rowOf('rate limit'))).toEqual([]);
  });

  it('ends with its row where a child outlives it', () => {
    const child = { op: '', name: '', service: 0, start: 5, duration: 20, flags: 4 };
    const late = new Trace(waterfallOf([{ ...child, start: 0, duration: 10, children: [child] }]));
    expect(criticalStretches(late, 0)).toEqual([{ from: 0, to: 5 }]);
  });
});

describe('marks', () => {
  it.each([
    ['order.confirm', ['orphan']],
    ['CheckoutSummary', []],
    ['charge.created', ['breaks out']],
    ['GET /token', ['clock +12.4 ms']],
    ['verify_signature', []],
  ])('of %j', (text, words) => {
    expect(marksOf(trace, rowOf(text)).map(({ word }) => word)).toEqual(words);
  });

  it('are said with the rest that a bar shows', () => {
    expect(sayRow(trace, rowOf('GET /token'))).toBe(
      'at 402 ms, on the critical path, failed, 1 error, 2 log lines',
    );
    expect(sayRow(trace, rowOf('rate limit'))).toBe('at 57 ms');
  });

  it('say which way a clock was moved', () => {
    expect([1_500, -300_000].map(formatShift)).toEqual(['+1.5 ms', '−300 ms']);
  });
});

describe('a bar', () => {
  const window = { from: 100, to: 200 };
  it.each([
    [120, 140, { left: 20, width: 20 }],
    [150, 900, { left: 50, width: 50 }],
    [-1e9, 1e9, { left: 0, width: 100 }],
    [150, 150, { left: 50, width: 0 }],
    [0, 99, null],
    [201, 300, null],
  ])('from %i to %i', (from, to, place) => {
    expect(placeBar(window, from, to)).toEqual(place);
  });
});
