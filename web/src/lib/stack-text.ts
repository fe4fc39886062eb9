import type { ExceptionValue, Frame, Issue, IssueEvent } from './api/types';
import {
  crashFirst,
  exceptionName,
  foldFrames,
  frameFunction,
  frameLocation,
  libraryNames,
  stackChain,
} from './stack-frames';

const headline = (exception: ExceptionValue) =>
  exceptionName(exception) + (exception.value ? `: ${exception.value}` : '');

/** The whole trace as plain text, every frame, crash first. */
export function stackAsText(chain: ExceptionValue[]): string {
  return chain
    .map((exception, index) => {
      const frames = crashFirst(exception.stacktrace).map(
        (frame) => `    at ${frameFunction(frame)} (${frameLocation(frame)})`,
      );
      return [(index ? 'Caused by: ' : '') + headline(exception), ...frames].join('\n');
    })
    .join('\n');
}

function sourceLines(frame: Frame): string[] {
  return frame.context.map(
    ([line, text]) => `${line === frame.lineNo ? '>' : ' '} ${String(line).padStart(5)} | ${text}`,
  );
}

/** A fence longer than any run of backticks inside, so that nothing in an event can end the block. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** What one pastes to a colleague: where it is, what broke, our frames with the source of the first, the rest folded. */
export function stackForColleague(issue: Issue, event: IssueEvent, address: string): string {
  const chain = stackChain(event);
  const facts = [
    issue.project.slug,
    event.release?.version,
    event.environment,
    `event ${event.eventID}`,
  ].filter(Boolean);
  const blocks = chain.map((exception, index) => {
    const lines = [(index ? 'Caused by: ' : '') + headline(exception)];
    let sourceShown = index > 0;
    for (const row of foldFrames(crashFirst(exception.stacktrace))) {
      if (row.kind === 'library') {
        const names = libraryNames(row.frames.map(({ frame }) => frame)).join(', ');
        lines.push(`    … ${row.frames.length} library frames${names ? ` (${names})` : ''}`);
        continue;
      }
      lines.push(`    at ${frameFunction(row.frame)} (${frameLocation(row.frame)})`);
      if (!sourceShown && row.frame.inApp && row.frame.context.length > 0) {
        lines.push(...sourceLines(row.frame));
        sourceShown = true;
      }
    }
    return lines.join('\n');
  });
  const text = blocks.length > 0 ? blocks.join('\n') : event.message || event.title;
  return `**${issue.shortId}** ${address}\n${facts.join(' · ')}\n\n${fenced(text)}`;
}
