import { describe, expect, it } from 'vitest';
import { claimParts } from './claim-parts';

/** `<code>` and `{fact}`. */
function drawn(text: string, ids: string[] = []): string {
  const { parts, rest } = claimParts(text, ids);
  const one = parts.map(({ kind, text }) =>
    kind === 'code' ? `<${text}>` : kind === 'fact' ? `{${text}}` : text,
  );
  return one.join('') + rest.map((id) => ` +${id}`).join('');
}

describe('a claim', () => {
  it.each([
    ['The `user` is `undefined`.', [], 'The <user> is <undefined>.'],
    ['frame:2 throws.', ['frame:2'], '{frame:2} throws.'],
    ['It throws (frame:2).', ['frame:2'], 'It throws {frame:2}.'],
    ['It throws [frame:2, crumb:7].', ['frame:2', 'crumb:7'], 'It throws {frame:2} {crumb:7}.'],
    ['It throws.', ['frame:2'], 'It throws. +frame:2'],
    ['`frame:2` throws', ['frame:2'], '{frame:2} throws'],
    [
      'The release release:shop@2.14.3 is new.',
      ['release:shop@2.14.3'],
      'The release {release:shop@2.14.3} is new.',
    ],
    ['See frame:3.', ['frame:2'], 'See frame:3. +frame:2'],
    ['A request fails.', ['request'], 'A request fails. +request'],
    ['It fails (request).', ['request'], 'It fails {request}.'],
    ['```js```', [], '<js>'],
    ['an `unclosed', [], 'an <unclosed>'],
    ['(see crumb:1, which is odd)', ['crumb:1'], '(see {crumb:1}, which is odd)'],
  ])('%s', (text, ids, expected) => expect(drawn(text, ids)).toBe(expected));

  it('is text, whatever it contains', () => {
    const { parts } = claimParts('<img src=x onerror=alert(1)> [click](https://evil.example)', []);
    expect(parts).toEqual([
      { kind: 'text', text: '<img src=x onerror=alert(1)> [click](https://evil.example)' },
    ]);
  });

  it('has an end', () => {
    const { parts } = claimParts('x'.repeat(1_000_000), []);
    expect(parts[0]?.text.length).toBeLessThan(9_000);
  });
});
