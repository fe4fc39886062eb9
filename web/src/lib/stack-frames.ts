import type { ExceptionValue, Frame, IssueEvent, Stacktrace, Template } from './api/types';
import { isMinified } from './frame-problems';

/** A run of frames as the page shows it: one frame of ours, or several of a library folded into one line. */
export type FrameRow =
  | { kind: 'frame'; frame: Frame; index: number }
  | { kind: 'library'; frames: { frame: Frame; index: number }[] };

/** Crash first: the API lists the outermost call first. */
export function crashFirst(stacktrace: Stacktrace | null | undefined): Frame[] {
  return (stacktrace?.frames ?? []).toReversed();
}

/** Folds runs of library frames. The frame that crashed stays visible, whoever wrote it. */
export function foldFrames(frames: Frame[]): FrameRow[] {
  const rows: FrameRow[] = [];
  for (const [index, frame] of frames.entries()) {
    const last = rows.at(-1);
    if (frame.inApp || index === 0) rows.push({ kind: 'frame', frame, index });
    else if (last?.kind === 'library') last.frames.push({ frame, index });
    else rows.push({ kind: 'library', frames: [{ frame, index }] });
  }
  return rows;
}

/** Where frames are opened at first: ours with source, the crash itself if none is ours. */
export function openAtFirst(frames: Frame[], limit: number): Set<number> {
  const ours = frames.flatMap((frame, index) => (frame.inApp && hasDetails(frame) ? [index] : []));
  if (ours.length > 0) return new Set(ours.slice(0, limit));
  return new Set(frames[0] && hasDetails(frames[0]) ? [0] : []);
}

export const hasDetails = (frame: Frame): boolean =>
  frame.context.length > 0 || Object.keys(frame.vars ?? {}).length > 0;

export const frameFile = (frame: Frame): string =>
  frame.filename || frame.module || frame.absPath || frame.package || '';

/** `src/payment.ts:125:8`. */
export function frameLocation(frame: Frame): string {
  const file = frameFile(frame);
  if (!frame.lineNo) return file || frame.instructionAddr || 'unknown file';
  return `${file}:${frame.lineNo}${frame.colNo ? `:${frame.colNo}` : ''}`;
}

/** `shop/cart.html:12`. */
export function templateLocation(template: Template): string {
  const file = template.filename || template.absPath || 'unknown file';
  return template.lineNo ? `${file}:${template.lineNo}` : file;
}

export const frameFunction = (frame: Frame): string => frame.function || '<anonymous>';

/** The library a folded frame comes from: `react-dom` of `node_modules/react-dom/…`, `django` of `django.core`. */
export function libraryName(frame: Frame): string {
  const path = (frame.absPath || frame.filename || '').replaceAll('\\', '/');
  const installed =
    /(?:.*\/)?(?:node_modules|site-packages|dist-packages|gems|vendor)\/((?:@[^/]+\/)?[^/]+)/.exec(path);
  if (installed?.[1]) return installed[1].replace(/\.(py|js|rb)$/, '');
  if (frame.package) return frame.package.split(/[\\/]/).at(-1) ?? frame.package;
  if (/^node:|^internal\//.test(path)) return 'node';
  return frame.module?.split(/[./]/)[0] ?? '';
}

/** The names of the libraries in a fold, most frequent order kept, at most three. */
export function libraryNames(frames: Frame[]): string[] {
  return [...new Set(frames.map(libraryName).filter(Boolean))].slice(0, 3);
}

/** The exception chain as it is read: what was thrown last first, then what caused it. */
export function exceptionChain(event: IssueEvent): ExceptionValue[] {
  const entry = event.entries.find((one) => one.type === 'exception');
  return (entry?.data.values ?? []).toReversed();
}

/** The stacks of an event: those of its exceptions, or the one that was sent without an exception, under its title. */
export function stackChain(event: IssueEvent): ExceptionValue[] {
  const chain = exceptionChain(event);
  const bare = event.entries.find((one) => one.type === 'stacktrace')?.data;
  if (!bare || chain.some((one) => one.stacktrace)) return chain;
  const [thrown = { ...NO_EXCEPTION, type: event.title }, ...causes] = chain;
  return [{ ...thrown, stacktrace: bare }, ...causes];
}

/** Whether its frames were read with source maps, so that there is another way to look at it. */
export const hasSentStack = ({ rawStacktrace }: Pick<ExceptionValue, 'rawStacktrace'>): boolean =>
  rawStacktrace !== null;

/** The stack as the SDK sent it, minified, where it was read since. */
export const asSent = <Thrown extends Pick<ExceptionValue, 'stacktrace' | 'rawStacktrace'>>(
  one: Thrown,
): Thrown => ({
  ...one,
  stacktrace: one.rawStacktrace ?? one.stacktrace,
});

/** Which frames of a stack, crash first, show minified code; `original` is the same stack where it was read. */
export function minifiedFrames(stacktrace: Stacktrace, original: Stacktrace | null): boolean[] {
  const others = crashFirst(original);
  return crashFirst(stacktrace).map((frame, index) => {
    const other = others[index];
    return isMinified(frame) || (!!other && frameLocation(other) !== frameLocation(frame));
  });
}

const NO_EXCEPTION: ExceptionValue = {
  type: null,
  value: null,
  module: null,
  mechanism: null,
  rawStacktrace: null,
  stacktrace: null,
  threadId: null,
};

export const exceptionName = (exception: ExceptionValue): string =>
  exception.type || exception.module || 'Error';
