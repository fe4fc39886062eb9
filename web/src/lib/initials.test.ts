import { expect, it } from 'vitest';
import { initials } from './initials';

it.each([
  ['Ada Lovelace', 'AL'],
  ['ada', 'A'],
  ['jo.van.dyke@example.com', 'JD'],
  ['Юрий', 'Ю'],
  ['💥 Boom', '💥B'],
  ['', ''],
])('%s is %s', (name, short) => expect(initials(name)).toBe(short));
