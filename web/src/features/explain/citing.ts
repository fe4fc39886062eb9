import { getContext, setContext } from 'svelte';
import type { Fact } from '$lib/api/explain-types';
import type { Citation } from './citations';

/** What citations below a panel are read with. */
export interface Citing {
  /** Those that the model was told; undefined until that is known. */
  readonly facts: Fact[] | undefined;
  /** Whether the page shows the event that they are of. */
  readonly here: boolean;
  read(fact: Fact): Citation;
  /** The answer puts the light out. */
  light(spot: string): () => void;
  show(citation: Citation): void;
}

const KEY = Symbol('citing');

export const setCiting = (citing: Citing) => setContext(KEY, citing);
export const getCiting = (): Citing => getContext<Citing>(KEY);
