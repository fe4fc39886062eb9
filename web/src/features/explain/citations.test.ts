import { describe, expect, it } from 'vitest';
import type { Breadcrumb, IssueEvent } from '$lib/api/types';
import { frameOf } from '$lib/frame.fixture';
import { citationOf, sameEvent } from './citations';
import { EXPLANATION } from './explanation.fixture';

const crumb = (known: Partial<Breadcrumb>) =>
  ({
    category: 'fetch',
    data: null,
    event_id: null,
    level: 'info',
    message: null,
    timestamp: null,
    type: 'http',
    ...known,
  }) as Breadcrumb;

const EVENT = {
  entries: [
    {
      type: 'exception',
      data: {
        values: [
          {
            type: 'AuthError',
            stacktrace: { frames: [frameOf({}), frameOf({ filename: 'web/src/payment.ts', lineNo: 125 })] },
          },
        ],
      },
    },
    {
      type: 'breadcrumbs',
      data: {
        values: [
          crumb({ data: { method: 'get', url: 'https://api.shop.example/api/session', status_code: 200 } }),
          crumb({ data: { method: 'post', url: `/api/payment?${'x'.repeat(80)}`, status_code: 401 } }),
        ],
      },
    },
  ],
} as unknown as IssueEvent;

const SOURCES = {
  event: EVENT,
  issue: '/issues/SHOP-7',
  commits: [{ id: '9f3c01d0000000000000000000000000000000aa', url: 'https://git.example/c/9f3c01d' }],
};
const cited = (id: string, sources: Parameters<typeof citationOf>[1] = SOURCES) =>
  citationOf(
    EXPLANATION.facts.find((fact) => fact.id === id)!,
    sources,
  );

describe('a citation', () => {
  it.each([
    ['frame:1', { label: 'payment.ts:125', spot: 'frame:0:1' }],
    ['crumb:0', { label: 'GET /api/session → 200', spot: 'crumb:0' }],
    ['crumb:1', { label: `POST /api/payment?${'x'.repeat(17)}…`, spot: 'crumb:1' }],
    [
      'span:ab12cd34ab12cd34',
      {
        label: 'auth-service GET /token, 401, 408 ms',
        spot: 'span:ab12cd34ab12cd34',
        href: `/traces/${'c'.repeat(32)}?span=ab12cd34ab12cd34`,
      },
    ],
    ['commit:9f3c01d', { label: '9f3c01d', href: 'https://git.example/c/9f3c01d', away: true }],
    ['release:shop@2.14.3', { label: '2.14.3', href: '/releases/shop%402.14.3' }],
    ['similar:SHOP-3', { label: 'SHOP-3', href: '/issues/SHOP-3' }],
    ['finding:1', { label: 'what differs', spot: 'differs' }],
    ['tag:browser', { label: 'browser: Chrome 141' }],
  ])('%s', (id, expected) => expect(cited(id)).toEqual(expected));

  it.each([
    ['request:', 'request', 'request', { label: 'request', spot: 'request' }],
    ['finding:2', 'finding', 'pattern', { label: 'pattern', spot: 'pattern' }],
    ['finding:3', 'finding', 'suspects', { label: 'suspects', spot: 'suspects' }],
    ['tag:os', 'tag', 'tags', { label: 'as told', spot: 'tags' }],
    ['context:device', 'context', 'contexts', { label: 'as told', spot: 'context' }],
    ['context:extra.cart', 'context', 'contexts', { label: 'as told', spot: 'extra' }],
    ['exception:message', 'exception', 'message', { label: 'message', spot: 'stack' }],
    ['frame:1', 'frame', 'stacktrace', { label: 'as told', spot: 'stack' }],
    ['finding:4', 'finding', 'of a newer server', { label: 'as told', spot: undefined }],
  ] as const)('%s of the section %s leads to a card that the page has', (id, kind, name, expected) =>
    expect(citationOf({ id, kind, text: 'as told', place: { type: 'section', name } }, SOURCES)).toEqual(
      expected,
    ),
  );

  it('is read from its fact while the event is not here', () => {
    const without = { ...SOURCES, event: undefined };
    expect(cited('frame:1', without).label).toBe('payment.ts:125');
    expect(cited('crumb:1', without).label).toBe('POST /api/payment → 401');
  });

  it('never leads where a fact could not have named it', () => {
    const evil = {
      ...SOURCES,
      commits: [{ id: '9f3c01d0000000000000000000000000000000aa', url: 'javascript:alert(1)' }],
    };
    expect(cited('commit:9f3c01d', evil).href).toBeUndefined();
  });
});

it('knows an event by either spelling', () => {
  expect(sameEvent('AB-CD', 'abcd')).toBe(true);
  expect(sameEvent('abcd', undefined)).toBe(false);
});
