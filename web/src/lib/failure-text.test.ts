import { expect, it } from 'vitest';
import { ApiError } from './api/http';
import { failureText } from './failure-text';

it('says what the server said, when to try again, and nothing of what broke here', () => {
  expect(failureText(new ApiError(400, 'slug: expected letters'))).toBe('slug: expected letters');
  expect(failureText(new ApiError(429, 'slow down', 30))).toBe('Too many tries. Try again in 30 s.');
  expect(failureText(new ApiError(429, 'slow down'))).toBe('Too many tries. Try again later.');
  expect(failureText(new TypeError('x is undefined'))).toBe('Something went wrong here.');
});
