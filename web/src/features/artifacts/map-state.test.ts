import { expect, it } from 'vitest';
import type { ArtifactFile } from '$lib/api/types';
import { kindName, mapWords } from './map-state';

it.each<[ArtifactFile['mapState'], string | undefined, RegExp]>([
  [null, undefined, /^$/],
  [{ state: 'ready', lacksContents: false }, 'readable', /written/],
  [{ state: 'ready', lacksContents: true }, 'no source lines', /sourcesContent/],
  [{ state: 'missing', named: 'app.js.map' }, 'no map', /app\.js\.map/],
  [{ state: 'missing', named: null }, 'no map', /names no map/],
  [{ state: 'malformed', detail: 'mappings end early' }, 'broken map', /^mappings end early$/],
])('%j is said in words', (mapState, word, text) => {
  const words = mapWords({ mapState });
  expect(words?.word).toBe(word);
  expect(words?.text ?? '').toMatch(text);
});

it('calls a kind that it does not know what the server calls it', () => {
  expect(kindName('source_map')).toBe('source map');
  expect(kindName('new_kind')).toBe('new_kind');
});
