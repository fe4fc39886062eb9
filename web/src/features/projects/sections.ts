/** The parts of a project's settings; each has an address of its own. */
export const SECTIONS = [
  { id: 'general', label: 'General', lead: 'What the project is called, here and in addresses.' },
  {
    id: 'keys',
    label: 'Keys',
    lead: 'A DSN is an address with a key in it. To rotate: make a new key, roll it out, wait until the old one is used no more, then disable it.',
  },
  {
    id: 'limits',
    label: 'Rate limit',
    lead: 'How much is accepted from the whole project; each key may have a limit of its own.',
  },
  { id: 'scrubbing', label: 'Scrubbing', lead: 'What is taken out of events before anything is stored.' },
  { id: 'retention', label: 'Retention', lead: 'How long events are kept.' },
  { id: 'delete', label: 'Delete', lead: 'The project, with all that was sent to it.' },
] as const;

/** Where a part of a project's settings is. */
export const sectionPath = (slug: string, id: string): string => {
  const base = `/projects/${encodeURIComponent(slug)}/settings`;
  return id === 'general' ? base : `${base}/${id}`;
};
