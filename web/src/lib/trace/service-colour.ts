/** So many differ; then they begin again. A service's name stands beside its colour wherever it counts. */
export const SERVICE_COLOURS = 8;

export const serviceColour = (service: number): string =>
  `var(--service-${(Math.max(0, service) % SERVICE_COLOURS) + 1})`;
