import { describe, expect, it } from 'vitest';
import type { ExceptionValue, Frame, Issue, IssueEvent, Stacktrace } from './api/types';
import { frameOf } from './frame.fixture';
import {
  crashFirst,
  exceptionChain,
  foldFrames,
  frameLocation,
  libraryName,
  openAtFirst,
  stackChain,
  templateLocation,
} from './stack-frames';
import { stackAsText, stackForColleague } from './stack-text';

const frame = (name: string, inApp: boolean, extra: Partial<Frame> = {}) =>
  frameOf({
    function: name,
    filename: inApp ? `src/${name}.ts` : 'node_modules/react-dom/index.js',
    lineNo: 7,
    colNo: 3,
    inApp,
    ...extra,
  });
const stack = (...frames: Frame[]): Stacktrace => ({
  frames,
  framesOmitted: null,
  hasSystemFrames: false,
  registers: null,
});
const exception = (type: string, value: string, stacktrace: Stacktrace | null): ExceptionValue => ({
  type,
  value,
  stacktrace,
  mechanism: null,
  module: null,
  rawStacktrace: null,
  threadId: null,
});

const known: Partial<IssueEvent> = {
  id: 'e1',
  eventID: 'e1',
  title: 'Error: no',
  tags: [],
  release: { version: 'shop@2', shortVersion: '2' },
  entries: [
    {
      type: 'exception',
      data: {
        excOmitted: null,
        hasSystemFrames: true,
        values: [
          exception('HttpError', '401', stack(frame('post', true))),
          exception(
            'Error',
            'no ``` fence',
            stack(
              frame('dispatch', false),
              frame('invoke', false),
              frame('pay', true, {
                context: [
                  [6, 'const a = 1'],
                  [7, 'throw a'],
                ],
              }),
            ),
          ),
        ],
      },
    },
  ],
};
const event = known as IssueEvent;
const issue = { shortId: 'SHOP-1', project: { slug: 'shop' } } as Issue;

describe('frames', () => {
  const frames = crashFirst(stack(frame('a', false), frame('b', false), frame('c', true), frame('d', false)));

  it('come crash first, library runs folded, the crash always shown', () => {
    expect(frames.map((one) => one.function)).toEqual(['d', 'c', 'b', 'a']);
    const rows = foldFrames(frames).map((row) =>
      row.kind === 'frame' ? row.frame.function : row.frames.length,
    );
    expect(rows).toEqual(['d', 'c', 2]);
  });

  it('open ours at first, the crash if none is ours', () => {
    const vars = { vars: { a: 1 } };
    const mixed = [frame('x', false, vars), frame('y', true, vars), frame('z', true, vars)];
    expect([...openAtFirst(mixed, 1)]).toEqual([1]);
    expect([...openAtFirst(mixed.slice(0, 1), 1)]).toEqual([0]);
    expect([...openAtFirst([frame('bare', true)], 3)]).toEqual([]);
  });

  it.each([
    [{ absPath: '/srv/venv/lib/python3.12/site-packages/django/core/x.py' }, 'django'],
    [{ absPath: 'C:\\app\\node_modules\\@scope\\pkg\\i.js' }, '@scope/pkg'],
    [{ filename: 'node:internal/process/task_queues' }, 'node'],
    [{ package: '/usr/lib/libc.so.6' }, 'libc.so.6'],
    [{ module: 'org.springframework.web' }, 'org'],
    [{}, ''],
  ])('%o is of %s', (one, name) => expect(libraryName(frameOf(one))).toBe(name));

  it.each([
    [{ filename: 'a.ts', lineNo: 1, colNo: 2 }, 'a.ts:1:2'],
    [{ filename: 'a.py', lineNo: 1 }, 'a.py:1'],
    [{ module: 'm' }, 'm'],
    [{ instructionAddr: '0xff' }, '0xff'],
    [{}, 'unknown file'],
  ])('%o stands at %s', (one, text) => expect(frameLocation(frameOf(one))).toBe(text));
});

describe('the stack as text', () => {
  it('has every frame, what was thrown last first', () => {
    expect(stackAsText(exceptionChain(event))).toBe(
      [
        'Error: no ``` fence',
        '    at pay (src/pay.ts:7:3)',
        '    at invoke (node_modules/react-dom/index.js:7:3)',
        '    at dispatch (node_modules/react-dom/index.js:7:3)',
        'Caused by: HttpError: 401',
        '    at post (src/post.ts:7:3)',
      ].join('\n'),
    );
  });

  it('folds libraries and shows the source for a colleague, in a fence nothing can close', () => {
    expect(stackForColleague(issue, event, 'https://lt/issues/SHOP-1')).toBe(
      [
        '**SHOP-1** https://lt/issues/SHOP-1',
        'shop · shop@2 · event e1',
        '',
        '````',
        'Error: no ``` fence',
        '    at pay (src/pay.ts:7:3)',
        '      6 | const a = 1',
        '>     7 | throw a',
        '    … 2 library frames (react-dom)',
        'Caused by: HttpError: 401',
        '    at post (src/post.ts:7:3)',
        '````',
      ].join('\n'),
    );
  });

  it('is the title where there is neither a stack nor a message', () => {
    const silent = { ...event, message: '', entries: [] };
    expect(stackForColleague(issue, silent, '')).toContain('```\nError: no\n```');
  });
});

describe('a stack without an exception', () => {
  const sent = stack(frame('loop', true));
  const withStack = (...exceptions: ExceptionValue[]) =>
    ({
      ...event,
      title: 'slow loop',
      entries: [
        { type: 'exception', data: { excOmitted: null, hasSystemFrames: false, values: exceptions } },
        { type: 'stacktrace', data: sent },
      ],
    }) as IssueEvent;

  it('stands under the title of the event', () => {
    const chain = stackChain(withStack());
    expect(chain.map((one) => [one.type, one.stacktrace])).toEqual([['slow loop', sent]]);
    expect(stackForColleague(issue, withStack(), 'x')).toContain('slow loop\n    at loop (src/loop.ts:7:3)');
  });

  it('belongs to exceptions that came without frames, and to none that have their own', () => {
    const bareException = exception('Timeout', 'late', null);
    expect(stackChain(withStack(bareException))[0]).toEqual({ ...bareException, stacktrace: sent });
    const own = exception('Timeout', 'late', stack(frame('own', true)));
    expect(stackChain(withStack(own))).toEqual([own]);
  });
});

it.each([
  [{ filename: 'shop/cart.html', lineNo: 12 }, 'shop/cart.html:12'],
  [{ absPath: '/srv/cart.html' }, '/srv/cart.html'],
  [{}, 'unknown file'],
])('a template %o is at %s', (known, location) => {
  expect(templateLocation({ absPath: null, filename: null, lineNo: null, context: [], ...known })).toBe(
    location,
  );
});
