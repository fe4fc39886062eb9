/** The issue that was opened from the list, for whoever comes back to it. */
let opened = '';

export const lastOpened = {
  set(id: string) {
    opened = id;
  },
  /** Once: a later visit starts at the top. */
  take(): string {
    const id = opened;
    opened = '';
    return id;
  },
};
