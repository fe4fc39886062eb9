import type { Project } from './api/types';

/** A project in a list to choose from, where there is room for text alone. */
export const projectOption = ({ slug, name, isDemo }: Project) => ({
  value: slug,
  label: isDemo ? `${name} · demo` : name,
});
