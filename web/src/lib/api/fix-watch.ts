/** What has been seen since an issue was resolved. */
export interface FixWatch {
  state: 'holding' | 'not_fixed' | 'no_traffic' | 'not_deployed';
  sentence: string;
  /** Events since, by release. */
  releases?: { version: string; events: number; hasFix?: boolean }[];
}
