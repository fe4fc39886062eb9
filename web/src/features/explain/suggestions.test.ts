import { describe, expect, it } from 'vitest';
import { EXPLANATION } from './explanation.fixture';
import { suggestedQuestions } from './suggestions';

describe('suggested questions', () => {
  it('ask what the answer leaves open', () => {
    expect(suggestedQuestions(EXPLANATION)).toEqual([
      'How can I find out: how long a token lives since 2.14.3?',
      'Who calls `chargeCard`, and with what?',
      'What could this fix break?',
    ]);
  });

  it('doubt what nothing supports', () => {
    const doubted = { ...EXPLANATION, rootCause: { text: 'A guess', facts: [], unsupported: true } };
    expect(suggestedQuestions(doubted)[0]).toBe('What else could cause this?');
  });

  it('are not asked twice', () => {
    const [first = ''] = suggestedQuestions(EXPLANATION);
    const question = { ...EXPLANATION.questions[0]!, text: first };
    expect(suggestedQuestions({ ...EXPLANATION, questions: [question] })).not.toContain(first);
  });
});
