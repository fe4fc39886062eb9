import { expect, it } from 'vitest';
import { mapPath } from './map-path';

it.each([
  ['./src/payment.ts', './', 'web/', 'web/src/payment.ts'],
  ['/app/shop/cart.py', '/app/', '', 'shop/cart.py'],
  ['/app/shop/cart.py', '/app', '/backend', 'backend/shop/cart.py'],
  ['src/payment.ts', '', 'web', 'web/src/payment.ts'],
  ['src/payment.ts', 'lib/', 'web', null],
  ['src/', 'src/', 'web', null],
])('%s, %s to %s, is %s', (path, stackRoot, sourceRoot, expected) =>
  expect(mapPath(path, stackRoot, sourceRoot)).toBe(expected),
);
