import { expect, it } from 'vitest';
import { likelyTool, minifies, UPLOAD_TOOLS } from './upload-tools';

it.each([
  ['javascript-react', true, 'vite'],
  ['javascript-nextjs', true, 'nextjs'],
  ['react-native', true, 'react-native'],
  ['node-express', true, 'sentry-cli'],
  ['python-django', false, 'sentry-cli'],
  [null, false, 'sentry-cli'],
])('%s minifies: %s, with %s', (platform, does, tool) => {
  expect(minifies(platform)).toBe(does);
  expect(likelyTool(platform)).toBe(tool);
  expect(UPLOAD_TOOLS.map(({ value }) => value)).toContain(tool);
});
