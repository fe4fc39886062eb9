import { expect, it } from 'vitest';
import { slugOf } from './slug';

it.each([
  ['My Shop (web)', 'my-shop-web'],
  ['api', 'api'],
  ['Größe', 'gr-e'],
  ['…', ''],
  [`${'a'.repeat(49)} b`, 'a'.repeat(49)],
])('%s becomes %s', (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});
