import { SERVICE_COLOURS, serviceColour } from '$lib/trace/service-colour';
import { FLAG, type Trace } from '$lib/trace/trace';

const PADDING_PX = 4;
const BAR_PX_MAX = 3;

/** Every visible row as a thin bar, whatever their number. */
export function drawMinimap(
  canvas: HTMLCanvasElement,
  trace: Trace,
  rows: Int32Array,
  width: number,
  height: number,
) {
  const pixels = globalThis.devicePixelRatio || 1;
  canvas.width = Math.round(width * pixels);
  canvas.height = Math.round(height * pixels);
  const paint = canvas.getContext('2d');
  if (!paint || rows.length === 0) return;
  paint.scale(pixels, pixels);
  const colours = Array.from({ length: SERVICE_COLOURS }, (_, at) => resolve(canvas, serviceColour(at)));
  const [failed, gap] = [resolve(canvas, 'var(--lit-line)'), resolve(canvas, 'var(--line-2)')];
  const step = (height - 2 * PADDING_PX) / rows.length;
  const thick = Math.max(1, Math.min(BAR_PX_MAX, step * 0.7));
  const bar = (at: number, row: number, colour: string) => {
    const left = ((trace.start[row] ?? 0) / trace.durationUs) * width;
    paint.fillStyle = colour;
    const long = Math.max(1, ((trace.duration[row] ?? 0) / trace.durationUs) * width);
    paint.fillRect(left, PADDING_PX + at * step, long, thick);
  };
  const failures: [number, number][] = [];
  for (const [at, row] of rows.entries()) {
    if (trace.failed(row)) failures.push([at, row]);
    else if (trace.has(row, FLAG.gap)) bar(at, row, gap);
    else bar(at, row, colours[(trace.service[row] ?? 0) % SERVICE_COLOURS] ?? gap);
  }
  // Last, so that nothing covers what failed.
  for (const [at, row] of failures) bar(at, row, failed);
}

/** A canvas knows no custom properties: the browser is asked what colour it would be. */
function resolve(canvas: HTMLCanvasElement, colour: string): string {
  canvas.style.color = colour;
  const resolved = getComputedStyle(canvas).color;
  canvas.style.color = '';
  return resolved;
}
