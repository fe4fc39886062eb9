import { describe, expect, it } from 'vitest';
import { hasGuide } from '$lib/snippets';
import { findPlatforms, platformName, platformOf, PLATFORMS } from './platforms';

describe('platforms', () => {
  it('all have a guide and a mark of their own', () => {
    expect(PLATFORMS.filter(({ value }) => !hasGuide(value))).toEqual([]);
    expect(new Set(PLATFORMS.map(({ mark }) => mark)).size).toBe(PLATFORMS.length);
  });

  it.each([
    ['django', 'python-django'],
    ['python fast', 'python-fastapi'],
    ['swift', 'apple-ios'],
    ['next', 'javascript-nextjs'],
  ])('are found by what people type: %s', (typed, value) => {
    expect(findPlatforms(typed)[0]?.value).toBe(value);
  });

  it.each([
    ['csharp', 'dotnet', '.NET'],
    ['node-koa', 'node', 'Node.js (koa)'],
    ['cocoa', 'apple-ios', 'iOS'],
    ['cobol', undefined, 'cobol'],
    [null, undefined, ''],
  ])('%s is the closest there is', (name, value, label) => {
    expect(platformOf(name)?.value).toBe(value);
    expect(platformName(name)).toBe(label);
  });
});
