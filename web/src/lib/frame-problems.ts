import type { Frame, FrameProblem } from './api/types';

/** One cause, and how many frames have it. */
export interface SharedProblem {
  key: string;
  problem: FrameProblem;
  frames: number;
  /** What is said of each of its files, where that differs. */
  texts: string[];
}

/** Resolved all the same: only the lines around are not there. */
const READABLE = new Set(['missing_contents']);

/** What mends them alike is one cause. */
export const problemKey = ({ code, text, fix }: FrameProblem): string =>
  JSON.stringify([code, fix ? [fix.text, fix.command] : text]);

/** Whether it shows the code that ran instead of the one that was written. */
export const isMinified = (frame: Frame): boolean =>
  !!frame.sourceMapProblem && !READABLE.has(frame.sourceMapProblem.code);

/** What several frames have in common, the most frequent first. A cause of one frame is said at that frame. */
export function sharedProblems(frames: Frame[]): SharedProblem[] {
  const found = new Map<string, SharedProblem>();
  for (const { sourceMapProblem: problem } of frames) {
    if (!problem) continue;
    const key = problemKey(problem);
    const known = found.get(key);
    if (!known) found.set(key, { key, problem, frames: 1, texts: [problem.text] });
    else {
      known.frames += 1;
      if (!known.texts.includes(problem.text)) known.texts.push(problem.text);
    }
  }
  return [...found.values()].filter((one) => one.frames > 1).sort((a, b) => b.frames - a.frames);
}
