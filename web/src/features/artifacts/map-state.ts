import type { ArtifactFile } from '$lib/api/types';
import type { Tone } from '$lib/level';

const KINDS: Record<string, string> = {
  minified_source: 'minified file',
  source_map: 'source map',
  source: 'source',
  indexed_ram_bundle: 'RAM bundle',
};

export const kindName = (fileType: string): string => KINDS[fileType] ?? fileType;

/** Whether frames of a minified file can be read, in a word and in a sentence; nothing for other files. */
export function mapWords({
  mapState,
}: Pick<ArtifactFile, 'mapState'>): { tone: Tone | 'ok'; word: string; text: string } | null {
  if (!mapState) return null;
  switch (mapState.state) {
    case 'ready':
      return mapState.lacksContents
        ? {
            tone: 'warn',
            word: 'no source lines',
            text: 'Frames get their file, function and line; the map holds no text of some sources (sourcesContent).',
          }
        : { tone: 'ok', word: 'readable', text: 'Frames of this file show the code that was written.' };
    case 'missing':
      return {
        tone: 'warn',
        word: 'no map',
        text: mapState.named
          ? `It names ${mapState.named}, which is not in this bundle.`
          : 'It names no map, and the bundle holds none with its debug id.',
      };
    case 'malformed':
      return { tone: 'error', word: 'broken map', text: mapState.detail };
  }
}
