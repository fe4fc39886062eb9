import { expect, it } from 'vitest';
import { toldLines } from './told-lines';

it('says each sentence once, and where it leads', () => {
  const lines = toldLines({
    pattern: { label: 'Failing dependency', sentences: ['200 a day since 14:05'] },
    telling: {
      sentences: ['`GET /api/user?id=undefined` 2 s before: the id was not there'],
      frame: { exception: 0, frame: 4, sentence: 'It is thrown in `chargeCard`' },
      crumbs: [{ index: 7, sentence: '`GET /api/user?id=undefined` 2 s before: the id was not there' }],
      span: null,
    },
  });
  expect(lines).toEqual([
    { text: '200 a day since 14:05', spot: undefined },
    { text: '`GET /api/user?id=undefined` 2 s before: the id was not there', spot: 'crumb:7' },
    { text: 'It is thrown in `chargeCard`', spot: 'frame:0:4' },
  ]);
});

it('has nothing to say of nothing', () => expect(toldLines({ pattern: null, telling: null })).toEqual([]));
