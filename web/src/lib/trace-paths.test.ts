import { expect, it } from 'vitest';
import { pastedTracePath, transactionSpansPath } from './trace-paths';

const TRACE = '0123456789abcdef0123456789abcdef';
const SPAN = '00f067aa0ba902b7';

it.each([
  [` ${TRACE.toUpperCase()} `, `/traces/${TRACE}`],
  [`00-${TRACE}-${SPAN}-01`, `/traces/${TRACE}?span=${SPAN}`],
  [`${TRACE}-${SPAN}-1`, `/traces/${TRACE}?span=${SPAN}`],
  [`${TRACE}-${SPAN}`, `/traces/${TRACE}?span=${SPAN}`],
  ['01234567-89ab-cdef-0123-456789abcdef', `/traces/${TRACE}`],
  [`trace:${TRACE}`, null],
  [TRACE.slice(1), null],
  ['status:error', null],
])('%s leads to %s', (text, path) => expect(pastedTracePath(text)).toBe(path));

it('finds the spans of a transaction, whatever its name', () => {
  const path = transactionSpansPath(
    { name: 'GET /users/*', project: 'shop' },
    { environment: '', period: '7d' },
  );
  const query = new URL(path, 'http://localhost').searchParams;
  expect(query.get('query')).toBe('is:segment transaction:"GET /users/*"');
  expect(query.get('period')).toBe('7d');
  expect(query.has('environment')).toBe(false);
});
