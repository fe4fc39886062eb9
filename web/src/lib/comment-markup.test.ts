import { expect, it } from 'vitest';
import { type Block, type Inline, parseComment, parseInline } from './comment-markup';

const text = (words: string): Inline => ({ kind: 'text', text: words });

it.each<[string, Inline[]]>([
  ['plain', [text('plain')]],
  [
    'see `a.b` and **this**',
    [text('see '), { kind: 'code', text: 'a.b' }, text(' and '), { kind: 'strong', text: 'this' }],
  ],
  [
    'see https://ci.example/1?a=b.',
    [
      text('see '),
      { kind: 'link', text: 'https://ci.example/1?a=b', href: 'https://ci.example/1?a=b' },
      text('.'),
    ],
  ],
  ['[the run](https://ci.example/1)', [{ kind: 'link', text: 'the run', href: 'https://ci.example/1' }]],
  ['[click](javascript:alert`1`)', [text('[click](javascript:alert`1`)')]],
  ['<img src=x onerror=alert(1)>', [text('<img src=x onerror=alert(1)>')]],
  ['@ada@example.com, look', [{ kind: 'mention', text: '@ada@example.com' }, text(', look')]],
  ['@AdaLovelace: yours?', [{ kind: 'mention', text: '@AdaLovelace' }, text(': yours?')]],
  ['@ŁukaszBerg @.', [{ kind: 'mention', text: '@ŁukaszBerg' }, text(' @.')]],
  ['mail ada@example.com', [text('mail ada@example.com')]],
  ['`@ada` 2*3*4 **', [{ kind: 'code', text: '@ada' }, text(' 2*3*4 **')]],
])('%s', (line, parts) => expect(parseInline(line)).toEqual(parts));

it('tells paragraphs, lists, quotes and code apart', () => {
  const comment =
    'It is back:\nagain\n\n- one\n- `two`\n\n1. first\n2) second\n> said\n```js\n<b>x</b>\n\n- no list\n```\nend';
  expect(parseComment(comment)).toEqual<Block[]>([
    { kind: 'paragraph', lines: [[text('It is back:')], [text('again')]] },
    { kind: 'list', ordered: false, items: [[text('one')], [{ kind: 'code', text: 'two' }]] },
    { kind: 'list', ordered: true, items: [[text('first')], [text('second')]] },
    { kind: 'quote', lines: [[text('said')]] },
    { kind: 'code', text: '<b>x</b>\n\n- no list' },
    { kind: 'paragraph', lines: [[text('end')]] },
  ]);
  expect(parseComment('```\nnever closed')).toEqual([{ kind: 'code', text: 'never closed' }]);
  expect(parseComment('')).toEqual([]);
});

it('takes long hostile comments in its stride', () => {
  for (const piece of ['[', '**', '`', '@a', '[a](', 'http://', '> ', '- ', '```\n']) {
    const started = performance.now();
    parseComment(piece.repeat(10_000 / piece.length));
    expect(performance.now() - started, piece).toBeLessThan(500);
  }
});
