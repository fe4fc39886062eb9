import { describe, expect, it } from 'vitest';
import { ticksOf } from './ticks';
import { clampWindow, isZoomed, panWindow, shareOf, timeAt, WINDOW_US_MIN, zoomWindow } from './time-window';

const DURATION = 1_000;
const full = { from: 0, to: DURATION };

describe('a window', () => {
  it.each([
    [
      { from: -50, to: 100 },
      { from: 0, to: 150 },
    ],
    [
      { from: 900, to: 1_200 },
      { from: 700, to: 1_000 },
    ],
    [
      { from: 400, to: 300 },
      { from: 300, to: 400 },
    ],
    [{ from: -5, to: 5_000 }, full],
    [
      { from: 500, to: 500 },
      { from: 500, to: 500 + WINDOW_US_MIN },
    ],
  ])('%j is moved into the trace', (window, fitting) => {
    expect(clampWindow(window, DURATION)).toEqual(fitting);
  });

  it('comes closer around a point, and goes back', () => {
    const closer = zoomWindow(full, 0.5, 0.25, DURATION);
    expect(closer).toEqual({ from: 125, to: 625 });
    expect(timeAt(closer, 0.25)).toBe(timeAt(full, 0.25));
    expect(zoomWindow(closer, 10, 0.25, DURATION)).toEqual(full);
  });

  it('comes no closer than times are fine, also in a trace that is shorter', () => {
    const closest = zoomWindow(full, 1e-9, 0.5, DURATION);
    expect(closest.to - closest.from).toBeCloseTo(WINDOW_US_MIN);
    expect(zoomWindow({ from: 0, to: 1 }, 0.1, 0.5, 1)).toEqual({ from: 0, to: 1 });
  });

  it('is panned by a share of itself, up to the ends', () => {
    expect(panWindow({ from: 0, to: 100 }, 0.5, DURATION)).toEqual({ from: 50, to: 150 });
    expect(panWindow({ from: 0, to: 100 }, -1, DURATION)).toEqual({ from: 0, to: 100 });
    expect(isZoomed(full, DURATION)).toBe(false);
    expect(shareOf({ from: 100, to: 300 }, 150)).toBe(0.25);
  });
});

describe('ticks', () => {
  const labels = (from: number, to: number, most = 5) =>
    ticksOf({ from, to }, most).map(({ label }) => label);

  it.each([
    [0, 1_840_000, ['0', '0.5 s', '1.0 s', '1.5 s']],
    [0, 100_000, ['0', '20 ms', '40 ms', '60 ms', '80 ms', '100 ms']],
    [400_000, 404_000, ['400 ms', '401 ms', '402 ms', '403 ms', '404 ms']],
    [0, 20, ['0', '5 µs', '10 µs', '15 µs', '20 µs']],
    [0, 300_000_000, ['0', '1 min', '2 min', '3 min', '4 min', '5 min']],
    [0, 1, ['0', '1 µs']],
  ])('from %i to %i', (from, to, expected) => {
    expect(labels(from, to)).toEqual(expected);
  });

  it.each([1, 3, 8])('are at most %i and the first', (most) => {
    for (let to = 1; to < 1e12; to *= 7) expect(labels(0, to, most).length).toBeLessThanOrEqual(most + 1);
  });
});
