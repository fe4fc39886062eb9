import type { Attachment } from 'svelte/attachments';

/** A stretch of an element's width: both between 0 and 1. */
export interface DragRange {
  from: number;
  to: number;
}

interface DragOptions {
  /** While a stretch is being drawn; null once that ends. */
  ondraw: (range: DragRange | null) => void;
  onchoose: (range: DragRange) => void;
  onreset: () => void;
  /** By which share of the width, since the last call. Only where `grabs` says that a press takes hold. */
  onpan?: (share: number) => void;
  grabs?: (at: number) => boolean;
}

/** A hand trembles: less than this is a click. */
const DRAG_PX_MIN = 4;

/** Draws a stretch with the pointer, or moves what is held; a double click goes back to all. */
export function dragRange(options: () => DragOptions): Attachment<HTMLElement> {
  return (node) => {
    let held: { x: number; last: number; pans: boolean } | undefined;
    const shareAt = (x: number) => {
      const { left, width } = node.getBoundingClientRect();
      return Math.max(0, Math.min(1, (x - left) / Math.max(1, width)));
    };
    const rangeTo = (x: number): DragRange => {
      const [one, other] = [shareAt(held?.x ?? x), shareAt(x)];
      return { from: Math.min(one, other), to: Math.max(one, other) };
    };
    const onDown = (event: PointerEvent) => {
      if (event.button !== 0) return;
      held = {
        x: event.clientX,
        last: event.clientX,
        pans: options().grabs?.(shareAt(event.clientX)) ?? false,
      };
      node.setPointerCapture(event.pointerId);
      event.preventDefault();
    };
    const onMove = (event: PointerEvent) => {
      if (!held) return;
      if (held.pans) options().onpan?.((event.clientX - held.last) / Math.max(1, node.clientWidth));
      else if (Math.abs(event.clientX - held.x) >= DRAG_PX_MIN) options().ondraw(rangeTo(event.clientX));
      held.last = event.clientX;
    };
    const onUp = (event: PointerEvent) => {
      if (held && !held.pans && Math.abs(event.clientX - held.x) >= DRAG_PX_MIN) {
        options().onchoose(rangeTo(event.clientX));
      }
      onCancel();
    };
    const onCancel = () => {
      held = undefined;
      options().ondraw(null);
    };
    const onDouble = () => options().onreset();
    node.addEventListener('pointerdown', onDown);
    node.addEventListener('pointermove', onMove);
    node.addEventListener('pointerup', onUp);
    node.addEventListener('pointercancel', onCancel);
    node.addEventListener('dblclick', onDouble);
    return () => {
      node.removeEventListener('pointerdown', onDown);
      node.removeEventListener('pointermove', onMove);
      node.removeEventListener('pointerup', onUp);
      node.removeEventListener('pointercancel', onCancel);
      node.removeEventListener('dblclick', onDouble);
    };
  };
}
