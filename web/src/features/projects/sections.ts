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
  {
    id: 'explanations',
    label: 'Explanations',
    lead: 'Whether a language model may be told of issues of this project, and when.',
  },
  {
    id: 'source-maps',
    label: 'Source maps',
    lead: 'What builds uploaded, so that stacks of minified code show the code that was written.',
  },
  {
    id: 'source-links',
    label: 'Source links',
    lead: 'Where the code is, so that the line of a frame leads to the line in the repository.',
  },
  { id: 'delete', label: 'Delete', lead: 'The project, with all that was sent to it.' },
] as const;

export type Section = (typeof SECTIONS)[number];

export const sectionOf = (id: Section['id']): Section => SECTIONS.find((one) => one.id === id) ?? SECTIONS[0];

/** What everybody may look at; the rest is for those who may change it. */
export const isOpen = ({ id }: Section): boolean => id === 'source-maps' || id === 'source-links';

/** Where a part of a project's settings is. */
export const sectionPath = (slug: string, id: string): string => {
  const base = `/projects/${encodeURIComponent(slug)}/settings`;
  return id === 'general' ? base : `${base}/${id}`;
};
