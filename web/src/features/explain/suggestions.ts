import type { Explanation } from '$lib/api/explain-types';

const SUGGESTED_MAX = 3;
const MISSING_CHARS_MAX = 90;

/** Questions that an answer leaves open, the most useful first. */
export function suggestedQuestions(
  explanation: Pick<Explanation, 'confidence' | 'rootCause' | 'line' | 'missing' | 'questions' | 'fix'>,
): string[] {
  const { confidence, rootCause, line, missing, questions, fix } = explanation;
  const lacking = missing.find((one) => one.length <= MISSING_CHARS_MAX);
  const open = [
    rootCause?.unsupported || confidence === 'low' ? 'What else could cause this?' : '',
    lacking ? `How can I find out: ${lacking.replace(/[.?]$/, '')}?` : '',
    line?.function ? `Who calls \`${line.function}\`, and with what?` : '',
    fix?.diff ? 'What could this fix break?' : '',
    'Does it happen in earlier releases, too?',
    'Is there an event that does not fit this?',
  ];
  const asked = new Set(questions.map(({ text }) => text));
  return open.filter((one) => one && !asked.has(one)).slice(0, SUGGESTED_MAX);
}
