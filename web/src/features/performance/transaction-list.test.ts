import { expect, it } from 'vitest';
import { changeQuery } from '$lib/match-path';
import { detailSearch, listParams, readListView } from './transaction-list';

const read = (search: string) => readListView(new URLSearchParams(search));

it('has defaults for what the address does not say, and for what it says wrong', () => {
  const view = { query: '', project: '', environment: '', period: '24h', sort: '-total_time', cursor: '' };
  expect(read('')).toEqual(view);
  expect(read('period=2w&sort=-luck')).toEqual(view);
});

it('leaves defaults out of the address, and starts at the first page', () => {
  const search = changeQuery(
    '?cursor=0:50:0&period=7d&sort=-p95',
    listParams({ period: '24h', sort: '-total_time' }),
  );
  expect(search).toBe('');
  expect(read(changeQuery('', listParams({ project: 'shop', period: '7d' })))).toMatchObject({
    project: 'shop',
    period: '7d',
  });
});

it('takes the environment and the period along', () => {
  expect(detailSearch({ environment: '', period: '24h' })).toBe('');
  expect(detailSearch({ environment: 'prod', period: '7d' })).toBe('?environment=prod&period=7d');
});
