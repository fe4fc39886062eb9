import { describe, expect, it } from 'vitest';
import type { Frame, FrameProblem } from './api/types';
import { frameOf } from './frame.fixture';
import { isMinified, problemKey, sharedProblems } from './frame-problems';

const missing = (id: string, command = 'sentry-cli sourcemaps upload dist'): FrameProblem => ({
  code: 'unknown_debug_id',
  text: `No file with the debug id ${id} was uploaded.`,
  fix: { text: 'Upload what was built', command },
});
const frames = (...problems: (FrameProblem | null)[]): Frame[] =>
  problems.map((sourceMapProblem) => frameOf({ sourceMapProblem }));

describe('problems of frames', () => {
  it('that one command mends are said once, with all that differs', () => {
    expect(sharedProblems(frames(missing('a'), missing('b'), null, missing('a')))).toEqual([
      {
        key: problemKey(missing('a')),
        problem: missing('a'),
        frames: 3,
        texts: [missing('a').text, missing('b').text],
      },
    ]);
  });

  it('of one frame alone are left to that frame', () => {
    expect(sharedProblems(frames(missing('a'), missing('a', 'another'), null))).toEqual([]);
  });

  it('come most frequent first', () => {
    const none: FrameProblem = { code: 'no_debug_id', text: 'No debug id.', fix: null };
    const shared = sharedProblems(frames(none, none, missing('a'), missing('a'), missing('a')));
    expect(shared.map(({ problem, frames }) => [problem.code, frames])).toEqual([
      ['unknown_debug_id', 3],
      ['no_debug_id', 2],
    ]);
  });

  it('do not call a frame minified that lacks its lines only', () => {
    const lacking: FrameProblem = { code: 'missing_contents', text: 'No text.', fix: null };
    expect(frames(missing('a'), lacking, null).map(isMinified)).toEqual([true, false, false]);
  });
});
