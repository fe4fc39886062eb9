import { describe, expect, it } from 'vitest';
import type { Frame, Stacktrace } from './api/types';
import { frameOf } from './frame.fixture';
import { asSent, hasSentStack, minifiedFrames } from './stack-frames';

const stack = (...frames: Frame[]): Stacktrace => ({
  frames,
  framesOmitted: null,
  hasSystemFrames: false,
  registers: null,
});
const ran = frameOf({ filename: 'app.js', lineNo: 1, colNo: 52210 });
const written = frameOf({ filename: 'src/payment.ts', lineNo: 125, colNo: 7 });
const native = frameOf({ filename: 'native' });

describe('a stack that was read with source maps', () => {
  const exception = { stacktrace: stack(native, written), rawStacktrace: stack(native, ran) };

  it('is there as it was sent, too', () => {
    expect(hasSentStack(exception)).toBe(true);
    expect(asSent(exception).stacktrace?.frames).toEqual([native, ran]);
    expect(minifiedFrames(exception.rawStacktrace, exception.stacktrace)).toEqual([true, false]);
  });

  it('has minified frames only where they could not be read', () => {
    const problem = { code: 'no_debug_id', text: 'No debug id.', fix: null };
    expect(minifiedFrames(exception.stacktrace, exception.stacktrace)).toEqual([false, false]);
    expect(minifiedFrames(stack(written, { ...ran, sourceMapProblem: problem }), null)).toEqual([
      true,
      false,
    ]);
  });

  it('stays as it is where nothing was read', () => {
    const unread = { stacktrace: stack(ran), rawStacktrace: null };
    expect(hasSentStack(unread)).toBe(false);
    expect(asSent(unread).stacktrace).toBe(unread.stacktrace);
  });
});
