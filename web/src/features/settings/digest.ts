/** When somebody wants a digest: five fields of cron, as choices that need none of that. */
export type DigestKind = 'none' | 'daily' | 'workdays' | 'weekly' | 'own';

export interface Digest {
  kind: DigestKind;
  /** `09:00`, in the person's zone. */
  time: string;
  /** From 0, which is Sunday. */
  day: string;
  /** Of `own`. */
  cron: string;
}

export const DIGEST_KINDS: { value: DigestKind; label: string }[] = [
  { value: 'none', label: 'No digest' },
  { value: 'daily', label: 'Every day' },
  { value: 'workdays', label: 'Monday to Friday' },
  { value: 'weekly', label: 'Every week' },
  { value: 'own', label: 'My own schedule' },
];

export const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'].map(
  (label, index) => ({ value: `${index}`, label }),
);

const SIMPLE = /^(\d{1,2}) (\d{1,2}) \* \* (\*|1-5|[0-7])$/;
const two = (digits: string) => digits.padStart(2, '0');

export function readDigest(cron: string | null): Digest {
  const start: Digest = { kind: 'none', time: '09:00', day: '1', cron: '0 9 * * 1' };
  if (!cron) return start;
  const [, minute, hour, day] = SIMPLE.exec(cron.trim()) ?? [];
  if (minute === undefined || hour === undefined || day === undefined) return { ...start, kind: 'own', cron };
  const time = `${two(hour)}:${two(minute)}`;
  if (day === '*') return { ...start, kind: 'daily', time, cron };
  if (day === '1-5') return { ...start, kind: 'workdays', time, cron };
  return { kind: 'weekly', time, day: `${Number(day) % 7}`, cron };
}

export function digestCron({ kind, time, day, cron }: Digest): string | null {
  const [hour = '9', minute = '0'] = time.split(':');
  const at = `${Number(minute)} ${Number(hour)} * *`;
  switch (kind) {
    case 'none':
      return null;
    case 'daily':
      return `${at} *`;
    case 'workdays':
      return `${at} 1-5`;
    case 'weekly':
      return `${at} ${day}`;
    case 'own':
      return cron.trim();
  }
}
