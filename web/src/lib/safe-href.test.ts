import { expect, it } from 'vitest';
import { safeHref } from './safe-href';

it.each([
  [
    'https://git.example/acme/shop/blob/main/src/a b.ts#L3',
    'https://git.example/acme/shop/blob/main/src/a%20b.ts#L3',
  ],
  ['http://localhost:3000/x', 'http://localhost:3000/x'],
  ['javascript:alert(1)', null],
  [' JavaScript:alert(1)', null],
  ['java\nscript:alert(1)', null],
  ['data:text/html,<script>alert(1)</script>', null],
  ['vbscript:x', null],
  ['file:///etc/passwd', null],
  ['//git.example/x', null],
  ['/issues', null],
  ['', null],
  [null, null],
])('%j leads to %j', (address, href) => expect(safeHref(address)).toBe(href));
