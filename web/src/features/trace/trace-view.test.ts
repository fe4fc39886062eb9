import { describe, expect, it } from 'vitest';
import { Trace } from '$lib/trace/trace';
import { checkoutWaterfall } from '$lib/trace/trace.fixture';
import { fitNameWidth } from './name-width';
import { readQuery, writeQuery } from './trace-query';
import { TraceView } from './trace-view.svelte';
import { sayVital } from './vitals';

const open = (query = '') => new TraceView(new Trace(checkoutWaterfall()), new URLSearchParams(query));
const here = (view: TraceView) => view.trace.text(view.active);

describe('the address of a trace', () => {
  it('holds what is shown, and nothing at its defaults', () => {
    const view = open('show=errors&find=token&zoom=380000-620000');
    expect(view.write()).toEqual({ show: 'errors', find: 'token', zoom: '380000-620000' });
    expect(open().write()).toEqual({ show: null, find: null, zoom: null });
  });

  it.each(['zoom=', 'zoom=5', 'zoom=a-b', 'zoom=-5-9', 'show=nothing'])('survives %s', (query) => {
    expect(writeQuery(readQuery(new URLSearchParams(query), 1_000), 1_000)).toEqual({
      show: null,
      find: null,
      zoom: null,
    });
  });
});

describe('a look at a trace', () => {
  it('goes through the rows that are shown, and stops at the ends', () => {
    const view = open();
    view.move(2);
    expect(here(view)).toBe('POST /api/payment');
    view.move(-9);
    expect(view.active).toBe(0);
    view.move(Infinity);
    expect(here(view)).toBe('order.confirm');
  });

  it('goes deeper and out again as in any tree', () => {
    const view = open();
    view.goIn();
    expect(here(view)).toBe('/assets/checkout-3f9a.js');
    view.goOut();
    expect(view.active).toBe(0);
    view.goOut();
    expect(view.collapsed.has(0)).toBe(true);
    view.goIn();
    expect(view.collapsed.has(0)).toBe(false);
    expect(view.active).toBe(0);
  });

  it('takes the active row along when what holds it is folded', () => {
    const view = open();
    view.goTo(view.trace.count - 2);
    view.toggle(0);
    expect(view.active).toBe(0);
    view.goTo(5);
    expect(view.collapsed.size).toBe(0);
    view.collapseAll();
    expect(view.rows).toContain(view.active);
  });

  it('steps from match to match, around the end, and opens what hides them', () => {
    const view = open('find=token');
    view.collapseAll();
    view.step(1);
    expect(here(view)).toBe('GET http://auth/token');
    expect(view.rows).toContain(view.active);
    view.step(1);
    expect(here(view)).toBe('GET /token');
    view.step(1);
    expect(here(view)).toBe('GET http://auth/token');
    view.step(-1);
    expect(here(view)).toBe('GET /token');
    view.query = 'nothing that is there';
    view.step(1);
    expect(here(view)).toBe('GET /token');
  });

  it('gives up a filter that would hide the row that is gone to', () => {
    const view = open('show=errors');
    view.goTo(view.trace.count - 1);
    expect(view.filter).toBe('all');
  });

  it('zooms to a span with a little around it, and back', () => {
    const view = open('find=verify_signature');
    view.step(1);
    view.showActive();
    expect(view.window).toEqual({ from: 404_200, to: 461_800 });
    view.showAll();
    expect(view.zoomed).toBe(false);
  });
});

it('says how a page felt', () => {
  const [lcp, , cls] = checkoutWaterfall().vitals.map(sayVital);
  expect(lcp).toMatchObject({ short: 'LCP', value: '1.84 s', word: 'good' });
  expect(cls).toMatchObject({ short: 'CLS', value: '0.31', word: 'poor' });
});

it.each([
  [10, 160],
  [9_999, 720],
  [NaN, 400],
])('a width of %s fits as %s', (px, fitting) => {
  expect(fitNameWidth(px)).toBe(fitting);
});
