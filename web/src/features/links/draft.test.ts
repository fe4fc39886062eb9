import { describe, expect, it } from 'vitest';
import type { MappingSuggestion, Repository } from '$lib/api/types';
import { draftOfSuggestion, isPlaced, newDraft, placeOf, repositoryAt } from './draft';

const repository = (id: string, name: string, url: string | null): Repository => ({
  id,
  name,
  url,
  provider: { id: 'lighttrace:unknown', name: 'Unknown provider', key: 'unknown' },
  defaultBranch: null,
  templates: null,
  status: 'active',
  dateCreated: '2026-11-26T12:00:00Z',
});
const shop = repository('1', 'acme/shop', 'https://github.com/acme/shop');
const api = repository('2', 'acme/api', null);
const suggestion = (repoName: string | null): MappingSuggestion => ({
  stackRoot: './src/',
  sourceRoot: 'src/',
  repoName,
  repoId: null,
  certain: false,
  frames: 3,
  example: { filename: './src/payment.ts', lineNo: 3, sourcePath: 'src/payment.ts', eventID: 'e' },
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

describe('what the server is told of a repository', () => {
  const place = {
    address: 'https://git.acme.example/shop',
    provider: 'gitea',
    lineTemplate: '',
    branch: ' ',
  };

  it('keeps the name that it has', () => {
    expect(repositoryAt(place, undefined)).toEqual({
      name: 'shop',
      provider: 'gitea',
      url: 'https://git.acme.example/shop',
      defaultBranch: '',
      templates: null,
    });
    expect(repositoryAt(place, api)?.name).toBe('acme/api');
  });

  it('keeps templates that the form does not show', () => {
    const templates = { line: 'https://a/{path}', history: 'https://a/log/{path}', blame: null };
    const custom = { ...place, provider: 'custom', lineTemplate: 'https://b/{path} ' };
    expect(repositoryAt(custom, { ...shop, templates })?.templates).toEqual({
      line: 'https://b/{path}',
      history: 'https://a/log/{path}',
      blame: null,
    });
  });

  it('is nothing without an address', () => {
    expect(repositoryAt({ ...place, address: 'acme/shop' }, undefined)).toBeNull();
    expect(placeOf(shop)).toMatchObject({ address: shop.url, branch: '' });
  });
});
