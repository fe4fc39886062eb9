import { expect, it } from 'vitest';
import { keyName } from './shortcuts';

const press = (key: string, held: Partial<Record<'metaKey' | 'ctrlKey' | 'altKey', boolean>> = {}) =>
  keyName({ key, metaKey: false, ctrlKey: false, altKey: false, ...held });

it('names keys', () => {
  expect(press('j')).toBe('j');
  expect(press('J')).toBe('j');
  expect(press('?')).toBe('?');
  expect(press('k', { metaKey: true })).toBe('mod+k');
  expect(press('k', { ctrlKey: true })).toBe('mod+k');
  expect(press('[', { altKey: true })).toBeNull();
});
