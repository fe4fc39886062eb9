/** A moment as a field of type `datetime-local` wants it: the viewer's zone, to the minute. */
export const localField = (time: number): string =>
  new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

/** What such a field holds, for the API; null where it is empty. */
export const momentOf = (field: string): string | null => (field ? new Date(field).toISOString() : null);
