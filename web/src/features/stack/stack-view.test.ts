import { expect, it } from 'vitest';
import { readStackView, stackParams, type StackView } from './stack-view';

it.each<[string, StackView]>([
  ['', { frames: 'ours', code: 'original' }],
  ['frames=all', { frames: 'all', code: 'original' }],
  ['frames=text&code=minified', { frames: 'text', code: 'minified' }],
])('%j is read and written', (address, view) => {
  expect(readStackView(new URLSearchParams(address))).toEqual(view);
  const written = Object.entries(stackParams(view)).filter(
    (pair): pair is [string, string] => pair[1] !== null,
  );
  expect(new URLSearchParams(written).toString()).toBe(address);
});

it('takes what it does not know for the default', () => {
  expect(readStackView(new URLSearchParams('frames=x&code=y'))).toEqual({ frames: 'ours', code: 'original' });
});
