import { expect, it } from 'vitest';
import { paletteTargets } from './palette-targets';

const projects = [{ id: '1', slug: 'shop web', name: 'Shop' }];
const first = (typed: string) => paletteTargets(typed, projects)[0];

it('offers the pages before anything is typed', () => {
  expect(first('')).toMatchObject({ label: 'Issues', href: '/issues' });
});

it.each([
  ['shop-1a', '/issues/SHOP-1A'],
  ['0123456789abcdef0123456789abcdef', '/issues?query=event.id%3A0123456789abcdef0123456789abcdef'],
  [
    '00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01',
    '/traces/0123456789abcdef0123456789abcdef?span=00f067aa0ba902b7',
  ],
  ['Shop set', '/projects/shop%20web/setup'],
  ['token expired', '/search?query=token%20expired'],
])('%s leads to %s', (typed, href) => expect(first(typed)?.href).toBe(href));

it('offers both the event and the trace that an id may be of', () => {
  const hrefs = paletteTargets('0123456789abcdef0123456789abcdef', projects).map(({ href }) => href);
  expect(hrefs).toContain('/traces/0123456789abcdef0123456789abcdef');
});
