import { describe, expect, it } from 'vitest';
import { growingText } from './growing-text';

describe('what a model is writing', () => {
  it.each([
    ['', null],
    ['{', null],
    ['{"summ', null],
    ['{"summary": "The tok', { key: 'summary', text: 'The tok' }],
    ['{"summary": "The \\"tok\\n', { key: 'summary', text: 'The "tok\n' }],
    ['{"summary": "Gr\\u00f6', { key: 'summary', text: 'Grö' }],
    ['{"summary": "Gr\\u00', { key: 'summary', text: 'Gr' }],
    ['{"summary": "whole", ', null],
    ['{"summary": "whole", "root_cause": {"text": "It exp', { key: 'text', text: 'It exp' }],
    ['{"facts": ["fra', { key: 'facts', text: 'fra' }],
    ['```json\n', null],
    ['```json\n{"summary": "The', { key: 'summary', text: 'The' }],
    ['Sure! Here is', { key: '', text: 'Sure! Here is' }],
    ['<think>hm {"summary": "no', null],
    ['<think>{"a":</think> {"summary": "The', { key: 'summary', text: 'The' }],
  ])('%s', (raw, expected) => expect(growingText(raw)).toEqual(expected));

  it('never breaks, wherever it is cut', () => {
    const whole =
      '{"summary":"a \\"b\\" \\\\ ü","why":[{"text":"c","facts":["frame:1"]}],"fix":null,"n":1e3}';
    for (let cut = 0; cut <= whole.length; cut++)
      expect(() => growingText(whole.slice(0, cut))).not.toThrow();
    expect(growingText(whole)).toBeNull();
  });
});
