import { expect, it } from 'vitest';
import { bundleName, releasesOf } from './bundle-name';

const bundle = (...associations: { release: string | null; dist: string | null }[]) => ({
  bundleId: '5f8e3a0c-1b2d-4c3e-9f00-aabbccddeeff',
  associations,
});

it('is called by its releases, each once', () => {
  const twice = { release: 'shop@2', dist: null };
  expect(releasesOf(bundle(twice, twice, { release: 'shop@2', dist: '7' }))).toEqual([
    'shop@2',
    'shop@2 (7)',
  ]);
  expect(bundleName(bundle(twice))).toBe('shop@2');
});

it('is called by its id where it has none', () => {
  expect(bundleName(bundle({ release: null, dist: null }))).toBe('Bundle 5f8e3a0c');
});
