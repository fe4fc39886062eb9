import { expect, it } from 'vitest';
import { diffLines } from './diff-lines';
import { EXPLANATION } from './explanation.fixture';

it('reads a diff with its file', () => {
  const { file, lines } = diffLines(EXPLANATION.fix?.diff ?? '');
  expect(file).toBe('src/payment.ts');
  expect(lines.map(({ kind }) => kind)).toEqual(['same', 'removed', 'added']);
  expect(lines[1]?.text).toBe("  const res = await api.post('/payment', order)");
});

it('reads one without heads, and lines that look like heads', () => {
  const { file, lines } = diffLines(' a\n--- b\n+++ c\n');
  expect(file).toBe('');
  expect(lines).toEqual([
    { kind: 'same', text: 'a' },
    { kind: 'removed', text: '-- b' },
    { kind: 'added', text: '++ c' },
  ]);
});

it('tells parts apart where there are several', () => {
  const { lines } = diffLines('@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d');
  expect(lines.filter(({ kind }) => kind === 'part')).toHaveLength(2);
});
