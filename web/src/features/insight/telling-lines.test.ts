import { expect, it } from 'vitest';
import { telling } from './insight.fixture';
import { tellingLines } from './telling-lines';

it('says each sentence once, in the order of the server, with its place', () => {
  const lines = tellingLines(
    telling({
      sentences: ['it failed in `pay`', 'the root cause is a 401', 'the token was refused'],
      frame: { exception: 1, frame: 4, sentence: 'it failed in `pay`' },
      crumbs: [
        { index: 7, sentence: 'the token was refused' },
        { index: 2, sentence: 'the page was opened' },
      ],
      span: { trace: 'a'.repeat(32), span: 'b'.repeat(16), sentence: '`auth` answered 401' },
    }),
  );
  expect(lines).toEqual([
    { sentence: 'it failed in `pay`', kind: 'frame', spot: 'frame:1:4' },
    { sentence: 'the root cause is a 401', kind: null },
    { sentence: 'the token was refused', kind: 'breadcrumb', spot: 'crumb:7' },
    { sentence: 'the page was opened', kind: 'breadcrumb', spot: 'crumb:2' },
    {
      sentence: '`auth` answered 401',
      kind: 'span',
      href: `/traces/${'a'.repeat(32)}?span=${'b'.repeat(16)}`,
    },
  ]);
  expect(tellingLines(telling())).toEqual([]);
});
