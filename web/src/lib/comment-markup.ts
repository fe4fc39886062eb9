/**
 * A comment's Markdown as parts that a component draws: paragraphs, lists, quotes, code, links. What is none of these
 * stays the text that it is; nothing becomes HTML.
 */
import { safeHref } from './safe-href';

export type Inline =
  | { kind: 'text' | 'code' | 'strong' | 'mention'; text: string }
  | { kind: 'link'; text: string; href: string };

export type Block =
  | { kind: 'paragraph' | 'quote'; lines: Inline[][] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'code'; text: string };

const INLINE =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\[([^[\]\n]{1,300})\]\(([^\s()]{1,2000})\)|(https?:\/\/[^\s<>"')\]]+)|(?<![\w.])@([\p{L}\p{N}_.+-]+(?:@[\w-]+(?:\.[\w-]+)*)?)/gu;
const ITEM = /^\s{0,3}(?:[-*]|(\d{1,4})[.)])\s+(.*)$/;
const QUOTE = /^\s{0,3}>\s?(.*)$/;
const FENCE = /^\s{0,3}```/;
/** A full stop behind an address ends the sentence. */
const SENTENCE_END = /[.,;:!?]+$/;

export function parseComment(text: string): Block[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length;) {
    const end = blockEnd(lines, at);
    const block = readBlock(lines.slice(at, end));
    if (block) blocks.push(block);
    at = end;
  }
  return blocks;
}

const kindOf = (line: string): string => {
  if (!line.trim()) return 'blank';
  if (FENCE.test(line)) return 'code';
  if (QUOTE.test(line)) return 'quote';
  const item = ITEM.exec(line);
  if (item) return item[1] === undefined ? 'list' : 'ordered';
  return 'paragraph';
};

function blockEnd(lines: string[], start: number): number {
  const kind = kindOf(lines[start] ?? '');
  if (kind === 'code') {
    const close = lines.findIndex((line, at) => at > start && FENCE.test(line));
    return close < 0 ? lines.length : close + 1;
  }
  let end = start + 1;
  while (end < lines.length && kindOf(lines[end] ?? '') === kind) end += 1;
  return end;
}

function readBlock(lines: string[]): Block | null {
  const [first = ''] = lines;
  switch (kindOf(first)) {
    case 'blank':
      return null;
    case 'code': {
      const closed = lines.length > 1 && FENCE.test(lines.at(-1) ?? '');
      return { kind: 'code', text: lines.slice(1, closed ? -1 : undefined).join('\n') };
    }
    case 'quote':
      return { kind: 'quote', lines: lines.map((line) => parseInline(QUOTE.exec(line)?.[1] ?? '')) };
    case 'list':
    case 'ordered': {
      const ordered = kindOf(first) === 'ordered';
      return {
        kind: 'list',
        ordered,
        items: lines.map((line) => parseInline(ITEM.exec(line)?.[2] ?? '')),
      };
    }
    default:
      return { kind: 'paragraph', lines: lines.map((line) => parseInline(line)) };
  }
}

export function parseInline(line: string): Inline[] {
  const parts: Inline[] = [];
  const plain = (text: string) => {
    const last = parts.at(-1);
    if (last?.kind === 'text') last.text += text;
    else if (text) parts.push({ kind: 'text', text });
  };
  let at = 0;
  for (const match of line.matchAll(INLINE)) {
    if (match.index < at) continue;
    plain(line.slice(at, match.index));
    at = match.index + match[0].length;
    const [whole, code, strong, label, target, address, mention] = match;
    if (code !== undefined) parts.push({ kind: 'code', text: code });
    else if (strong !== undefined) parts.push({ kind: 'strong', text: strong });
    else if (label !== undefined) {
      const href = safeHref(target);
      if (href) parts.push({ kind: 'link', text: label, href });
      else plain(whole);
    } else if (address !== undefined) {
      const shown = address.replace(SENTENCE_END, '');
      const href = safeHref(shown);
      if (href) parts.push({ kind: 'link', text: shown, href });
      else plain(shown);
      plain(address.slice(shown.length));
    } else if (mention !== undefined) {
      const name = mention.replace(SENTENCE_END, '');
      if (name) parts.push({ kind: 'mention', text: `@${name}` });
      else plain('@');
      plain(mention.slice(name.length));
    }
  }
  plain(line.slice(at));
  return parts;
}
