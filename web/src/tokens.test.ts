import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** `[light, dark]` of each colour token. */
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, [light, dark] as const] as const,
  ),
);

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const TEXT_MIN = 4.5;
const SURFACES = ['bg', 'panel', 'sunken', 'hover'];
const PAIRS = [
  ...['ink', 'ink-2', 'ink-3', 'accent', 'error'].flatMap((text) =>
    SURFACES.map((surface) => [text, surface]),
  ),
  ...['error', 'warn', 'info', 'ok', 'accent'].map((tone) => [tone, `${tone}-bg`]),
  ...['keyword', 'string', 'number', 'function', 'comment'].flatMap((kind) => [
    [`tok-${kind}`, 'sunken'],
    [`tok-${kind}`, 'lit'],
  ]),
  ['ink', 'lit'],
  ['ink-3', 'lit'],
  ['error', 'lit'],
  ['ink', 'mark'],
  ['ink-3', 'accent-bg'],
  ['panel', 'accent'],
  ['panel', 'ink'],
];

/** Of what is no text: the bars of a trace. */
const SHAPE_MIN = 3;
const SERVICES = [...tokens.keys()].filter((name) => name.startsWith('service-'));

describe('text meets WCAG AA', () => {
  for (const [mode, name] of ['light', 'dark'].entries()) {
    it.each(PAIRS)(`${name}: %s on %s`, (text = '', surface = '') => {
      const [ink, paper] = [tokens.get(text)?.[mode], tokens.get(surface)?.[mode]];
      expect(ink && paper, `${text} or ${surface} is no token`).toBeTruthy();
      expect(contrast(ink ?? '', paper ?? '')).toBeGreaterThanOrEqual(TEXT_MIN);
    });
  }
});

describe('the bars of services meet WCAG AA', () => {
  const pairs = SERVICES.flatMap((service) =>
    [...SURFACES, 'accent-bg'].map((surface) => [service, surface]),
  );
  for (const [mode, name] of ['light', 'dark'].entries()) {
    it.each(pairs)(`${name}: %s on %s`, (shape = '', surface = '') => {
      const [ink, paper] = [tokens.get(shape)?.[mode], tokens.get(surface)?.[mode]];
      expect(contrast(ink ?? '', paper ?? '')).toBeGreaterThanOrEqual(SHAPE_MIN);
    });
  }
});
