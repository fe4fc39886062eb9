/** The parts of a project's settings; each has an address of its own. */
export const SECTIONS = [
  { id: 'general', label: 'General' },
  { id: 'keys', label: 'Keys' },
  { id: 'limits', label: 'Rate limit' },
  { id: 'scrubbing', label: 'Scrubbing' },
  { id: 'retention', label: 'Retention' },
  { id: 'delete', label: 'Delete' },
];
