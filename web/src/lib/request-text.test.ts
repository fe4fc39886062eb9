import { expect, it } from 'vitest';
import type { RequestData } from './api/types';
import { bodyText, fullUrl } from './request-text';

const request = (sent: Partial<RequestData>): RequestData => ({
  query: [],
  headers: [],
  cookies: [],
  env: {},
  apiTarget: null,
  data: null,
  fragment: null,
  inferredContentType: null,
  method: null,
  url: null,
  ...sent,
});

it.each<[Partial<RequestData>, string]>([
  [{ url: '/a', query: [['x', '1']] }, '/a?x=1'],
  [{ url: '/a?y=2', query: [['x', '1 2']] }, '/a?y=2&x=1%202'],
  [{ url: '/a', fragment: 'top' }, '/a#top'],
  [{}, ''],
])('puts the address of %o together', (sent, url) => expect(fullUrl(request(sent))).toBe(url));

it.each<[unknown, string]>([
  [null, ''],
  [undefined, ''],
  ['a=1', 'a=1'],
  [{ order: 'ord_1' }, '{"order":"ord_1"}'],
])('writes the body %o', (data, text) => expect(bodyText(data)).toBe(text));
