export type StackView = 'ours' | 'all' | 'raw';

export const readStackView = (value: string | null): StackView =>
  value === 'all' || value === 'raw' ? value : 'ours';
