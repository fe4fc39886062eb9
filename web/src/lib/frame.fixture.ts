import type { Frame } from './api/types';

/** A frame of which nothing is known but what a test says. */
export const frameOf = (known: Partial<Frame>): Frame => ({
  inApp: false,
  context: [],
  data: {},
  absPath: null,
  colNo: null,
  filename: null,
  function: null,
  instructionAddr: null,
  lineNo: null,
  lock: null,
  module: null,
  package: null,
  platform: null,
  rawFunction: null,
  sourceLink: null,
  sourceMapProblem: null,
  symbol: null,
  symbolAddr: null,
  trust: null,
  vars: null,
  ...known,
});
