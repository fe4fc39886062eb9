import { expect, it } from 'vitest';
import { authorName, projectNames, subject } from './release-text';

const project = (name: string, slug = name.toLowerCase()) => ({ name, slug });

it('names few projects and counts many', () => {
  expect(projectNames([])).toBe('');
  expect(projectNames([project('Shop'), project('', 'pay')])).toBe('Shop, pay');
  expect(projectNames(['A', 'B', 'C', 'D'].map((name) => project(name)))).toBe('4 projects');
});

it('shows the first line of a message, else the hash', () => {
  const id = '0123456789abcdef0123456789abcdef01234567';
  expect(subject({ id, message: '\npay: retry once\n\nThe bank …' })).toBe('pay: retry once');
  expect(subject({ id, message: ' ' })).toBe('0123456789ab');
  expect(subject({ id, message: null })).toBe('0123456789ab');
});

it('names whoever wrote it as well as it can', () => {
  expect(authorName({ name: 'Ada', email: 'ada@example.com' })).toBe('Ada');
  expect(authorName({ name: null, email: 'ada@example.com' })).toBe('ada@example.com');
  expect(authorName(null)).toBe('somebody');
});
