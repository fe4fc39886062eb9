import type { DebugImage } from './api/types';

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** What tells one loaded image from another; SDKs, old and new, name these differently. */
export function imageFacts(image: DebugImage): { name: string; id: string; details: string } {
  const file = text(image.code_file) || text(image.name) || text(image.debug_file);
  const [type, arch, address] = [text(image.type), text(image.arch), text(image.image_addr)];
  return {
    name: file.split(/[\\/]/).at(-1) || type || 'image',
    id: text(image.debug_id) || text(image.uuid) || text(image.id) || text(image.code_id),
    details: [type, arch, address].filter(Boolean).join(' · '),
  };
}
