import type { PatternKind } from './api/insight-types';

/** A kind of failure: in a word for dense rows, and as a person would name it. */
export const PATTERN_TEXT: Record<PatternKind, { word: string; label: string }> = {
  burst_after_deploy: { word: 'after deploy', label: 'Burst after deploy' },
  burst: { word: 'burst', label: 'Burst' },
  steady: { word: 'steady', label: 'Steady' },
  rare: { word: 'rare', label: 'Rare' },
  dependency: { word: 'dependency', label: 'Failing dependency' },
  periodic: { word: 'periodic', label: 'Periodic' },
  one_user: { word: 'one user', label: 'One user or tenant' },
  fading: { word: 'fading', label: 'Fading' },
  load_dependent: { word: 'under load', label: 'Load-dependent' },
  unclear: { word: 'unclear', label: 'Too little to say' },
};
