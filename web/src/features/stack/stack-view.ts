/** How a stack is looked at; the address holds it. */
export interface StackView {
  frames: 'ours' | 'all' | 'text';
  /** As it was written, or as it ran. */
  code: 'original' | 'minified';
}

export function readStackView(query: URLSearchParams): StackView {
  const frames = query.get('frames');
  return {
    frames: frames === 'all' || frames === 'text' ? frames : 'ours',
    code: query.get('code') === 'minified' ? 'minified' : 'original',
  };
}

/** The changes of the address that a view stands for. */
export const stackParams = ({ frames, code }: StackView): Record<string, string | null> => ({
  frames: frames === 'ours' ? null : frames,
  code: code === 'original' ? null : code,
});
