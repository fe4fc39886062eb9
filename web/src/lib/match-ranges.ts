/** Finds words in what is drawn. The found ranges are lit by CSS alone, so nothing that is drawn has to know of it. */

/** Stretches of text that one look takes in: a frame, a breadcrumb, a tag, a paragraph. */
export interface Stop {
  element: HTMLElement;
  ranges: Range[];
  /** As a person names the place; empty where the page does not. */
  place: string;
}

const RANGES_MAX = 1_000;
/** What parts one text from the next: a word does not reach over it. */
const BLOCK = 'li, p, dt, dd, pre, h1, h2, h3, div, button, summary, blockquote, small, a';
const PLACE = '[data-place]';
const UNSEEN = '.sr-only, [hidden], title, i';
/** Cards that repeat what an event says: a search found the event itself. */
const RETOLD = '#explanation, #differs, #reproduce';

/** Where a word stands in a text, whatever its case, first to last. */
export function findWords(text: string, words: string[]): [number, number][] {
  const lower = text.toLowerCase();
  // Some letters change their length in lower case; their texts are searched as they are.
  const [hay, needles] =
    lower.length === text.length ? [lower, words.map((word) => word.toLowerCase())] : [text, words];
  const found: [number, number][] = [];
  for (const needle of needles) {
    for (let at = hay.indexOf(needle); needle && at >= 0; at = hay.indexOf(needle, at + needle.length)) {
      found.push([at, at + needle.length]);
    }
  }
  return found.sort((a, b) => a[0] - b[0]);
}

/** All stops below an element, in the order of the page. */
export function findStops(root: HTMLElement, words: string[]): Stop[] {
  const stops: Stop[] = [];
  let count = 0;
  for (const nodes of textBlocks(root)) {
    const text = nodes.map(({ data }) => data).join('');
    for (const [from, to] of findWords(text, words)) {
      if (++count > RANGES_MAX) return stops;
      addRange(stops, rangeOf(nodes, from, to));
    }
  }
  for (const element of root.querySelectorAll<HTMLElement>('[data-lit]')) {
    if (!stops.some((stop) => stop.element === element))
      stops.push({ element, ranges: [], place: placeOf(element) });
  }
  const follows = (a: Stop, b: Stop) =>
    a.element.compareDocumentPosition(b.element) & Node.DOCUMENT_POSITION_PRECEDING;
  return stops.sort((a, b) => (follows(a, b) ? 1 : -1));
}

const placeOf = (element: HTMLElement) => element.closest<HTMLElement>(PLACE)?.dataset.place ?? '';

function addRange(stops: Stop[], range: Range) {
  const parent = range.startContainer.parentElement;
  const element = parent?.closest<HTMLElement>(PLACE) ?? parent?.closest<HTMLElement>(BLOCK);
  if (!element?.checkVisibility()) return;
  const known = stops.findLast((stop) => stop.element === element);
  if (known) known.ranges.push(range);
  else stops.push({ element, ranges: [range], place: placeOf(element) });
}

/** Text nodes that make one text: a line of code is many coloured pieces. */
function* textBlocks(root: HTMLElement): Generator<Text[]> {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let nodes: Text[] = [];
  let block: Element | null = null;
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    const parent = node.parentElement;
    if (!parent || parent.closest(UNSEEN) || parent.closest(RETOLD)) continue;
    const own = parent.closest(BLOCK);
    if (own !== block && nodes.length > 0) {
      yield nodes;
      nodes = [];
    }
    block = own;
    nodes.push(node);
  }
  if (nodes.length > 0) yield nodes;
}

function rangeOf(nodes: Text[], from: number, to: number): Range {
  const range = document.createRange();
  let at = 0;
  for (const node of nodes) {
    const end = at + node.length;
    if (from >= at && from < end) range.setStart(node, from - at);
    if (to > at && to <= end) {
      range.setEnd(node, to - at);
      break;
    }
    at = end;
  }
  return range;
}
