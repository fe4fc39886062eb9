import { expect, it } from 'vitest';
import { argumentsText, toolText } from './tool-text';

it.each([
  ['{"query":"browser.name:Safari","limit":5}', 'browser.name:Safari, 5'],
  ['{"span":"ab12","trace":null}', 'ab12'],
  ['{"broken', '{"broken'],
  ['{}', ''],
  [`{"query":"${'x'.repeat(200)}"}`, `${'x'.repeat(80)}…`],
])('%s', (json, expected) => expect(argumentsText(json)).toBe(expected));

it('names a tool that it does not know', () => expect(toolText('get_moon')).toBe('Called get_moon'));
