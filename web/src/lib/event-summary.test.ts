import { expect, it } from 'vitest';
import { notesOf } from './event-summary';

it('leaves to frames what they say themselves', () => {
  const note = (type: string) => ({ type, message: type, data: { name: 'x', reason: null, value: null } });
  const notes = notesOf({ errors: [note('js_no_source'), note('invalid_data'), note('js_invalid_content')] });
  expect(notes.map(({ type }) => type)).toEqual(['invalid_data']);
});
