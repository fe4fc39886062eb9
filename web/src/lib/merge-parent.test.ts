import { expect, it } from 'vitest';
import { mergeParent, mergeProblem } from './merge-parent';

const issue = (id: string, count: number, firstSeen: string) => ({ id, count: `${count}`, firstSeen });

it('keeps the one with most events, then the oldest', () => {
  const few = issue('few', 9, '2026-01-01T00:00:00Z');
  const young = issue('young', 10, '2026-03-01T00:00:00Z');
  const old = issue('old', 10, '2026-02-01T00:00:00Z');
  expect(mergeParent([few, young, old])?.id).toBe('old');
  expect(mergeParent([few])?.id).toBe('few');
  expect(mergeParent([])).toBeUndefined();
});

it('says why issues cannot become one', () => {
  const of = (slug: string) => ({ project: { id: '1', name: slug, slug, platform: null } });
  expect(mergeProblem([of('shop')])).toMatch(/at least two/);
  expect(mergeProblem([of('shop'), of('api')])).toMatch(/one project/);
  expect(mergeProblem([of('shop'), of('shop')])).toBe('');
});
