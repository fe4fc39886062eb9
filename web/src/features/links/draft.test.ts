import { describe, expect, it } from 'vitest';
import type { MappingSuggestion, Repository } from '$lib/api/types';
import { draftOfSuggestion, isPlaced, newDraft } from './draft';

const repository = (id: string, name: string, url: string | null): Repository => ({
  id,
  name,
  url,
  provider: null,
  defaultBranch: null,
  templates: null,
});
const shop = repository('1', 'acme/shop', 'https://github.com/acme/shop');
const api = repository('2', 'acme/api', null);
const suggestion = (repoName: string | null): MappingSuggestion => ({
  stackRoot: './src/',
  sourceRoot: 'src/',
  repoName,
  repoId: null,
  frames: 3,
  example: './src/payment.ts',
});

describe('a draft', () => {
  it('begins with the repository that there is', () => {
    expect(newDraft([shop, api]).repository).toBe('1');
    expect(newDraft([]).repository).toBe('');
  });

  it('of a suggestion takes the repository that it names, and another for no other', () => {
    expect(draftOfSuggestion(suggestion('acme/api'), [shop, api]).repository).toBe('2');
    expect(draftOfSuggestion(suggestion('acme/new'), [shop, api]).repository).toBe('');
    expect(draftOfSuggestion(suggestion(null), [shop, api])).toMatchObject({
      repository: '1',
      stackRoot: './src/',
      sourceRoot: 'src/',
      isSuggested: true,
    });
  });
});

it('a repository that only commits name has no place', () => {
  expect([shop, api, undefined].map(isPlaced)).toEqual([true, false, false]);
});
