import { expect, it } from 'vitest';
import { LANGUAGES, languageOf } from './languages';
import { tokenize } from './tokenize';

it('has a grammar for every language that it names', async () => {
  for (const language of LANGUAGES) expect(await tokenize(['x'], language), language).not.toBeNull();
}, 60_000);

it('colours a line and loses no character of it', async () => {
  const line = '    raise PaymentError("no <b>card</b>")  # attacker\'s text';
  const tokens = (await tokenize([line], 'python'))?.[0] ?? [];
  expect(tokens.map(({ text }) => text).join('')).toBe(line);
  expect(tokens.find(({ text }) => text === 'raise')?.kind).toBe('keyword');
  expect(tokens.find(({ text }) => text.includes('card'))?.kind).toBe('string');
  expect(tokens.at(-1)?.kind).toBe('comment');
}, 60_000);

it('leaves unknown languages plain', async () => {
  expect(await tokenize(['x'], 'klingon')).toBeNull();
});

it.each([
  ['src/payment.ts', 'javascript', 'typescript'],
  ['app.js?v=3', null, 'typescript'],
  ['shop/store.py', null, 'python'],
  ['<anonymous>', 'python', 'python'],
  ['Main', 'java', 'java'],
  ['constructor', 'constructor', null],
  [null, null, null],
])('%s on %s is %s', (file, platform, language) => expect(languageOf(file, platform)).toBe(language));
