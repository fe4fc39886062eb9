import { expect, it } from 'vitest';
import { governs, reaches, ROLES } from './roles';

it('knows who may do what takes a role', () => {
  const roles = ROLES.map(({ value }) => value);
  expect(roles.map((role) => reaches(role, 'admin'))).toEqual([false, false, true, true]);
  expect(reaches(undefined, 'viewer')).toBe(false);
  expect(roles.map((role) => roles.filter((other) => governs(role, other)))).toEqual([
    [],
    [],
    ['viewer', 'member', 'admin'],
    ['viewer', 'member', 'admin', 'owner'],
  ]);
});
