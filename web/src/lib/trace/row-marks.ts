import { formatLatency } from '$lib/latency-format';
import { plural } from '$lib/number-format';
import { FLAG, type Trace } from './trace';

export interface RowMark {
  word: string;
  title: string;
}

export const formatUs = (us: number): string => formatLatency(us / 1_000);

/** `+12 ms`, `−3 ms`. */
export const formatShift = (us: number): string => `${us < 0 ? '−' : '+'}${formatUs(Math.abs(us))}`;

/** What is odd about a row, in words. */
export function marksOf(trace: Trace, row: number): RowMark[] {
  const marks: RowMark[] = [];
  if (trace.has(row, FLAG.orphan)) {
    marks.push({ word: 'orphan', title: 'Its parent never arrived: where it belongs is not known.' });
  }
  if (trace.has(row, FLAG.cycle)) {
    marks.push({ word: 'cycle cut', title: 'Its parents lead back to itself. The circle was cut here.' });
  }
  if (trace.has(row, FLAG.breaksOut)) {
    marks.push({ word: 'breaks out', title: 'It starts before its parent or ends after it.' });
  }
  const skew = trace.waterfall.services[trace.service[row] ?? -1]?.skewUs;
  if (skew && trace.has(row, FLAG.shifted) && trace.entersService(row)) {
    const shift = formatShift(skew);
    marks.push({
      word: `clock ${shift}`,
      title: `The clock of ${trace.serviceName(row)} differs: ${shift} was added to its times. Durations are as sent.`,
    });
  }
  return marks;
}

/** What a row's bar shows, for those who do not see it. */
export function sayRow(trace: Trace, row: number): string {
  const [errors, logs] = [trace.errorsOf(row).length, trace.logsOf(row).length];
  const said = [
    `at ${formatUs(trace.start[row] ?? 0)}`,
    trace.has(row, FLAG.critical) && 'on the critical path',
    trace.has(row, FLAG.error) && 'failed',
    errors > 0 && plural(errors, 'error'),
    logs > 0 && plural(logs, 'log line'),
  ];
  return said.filter(Boolean).join(', ');
}
