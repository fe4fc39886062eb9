/** How an answer had to be mended to be read, in words; what is not known here is nobody's concern. */
const TEXTS: Record<string, string> = {
  json_repaired: 'The answer was not quite in the form that was asked for, and was mended.',
  text_only: 'The model answered in prose: its claims name no facts.',
  cut_off: 'The answer ended before it was whole.',
};

export const noteTexts = (notes: string[]): string[] => notes.flatMap((note) => TEXTS[note] ?? []);
