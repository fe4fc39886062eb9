/**
 * Places of an event's page that other parts of it point at: a frame, a breadcrumb, a span. Each carries its name in
 * `data-spot`; what would hide the one that is asked for opens. Lighting it and going there is `show-spot.ts`.
 */
class Spot {
  /** What to show; empty for nothing. */
  asked = $state('');
}

export const spot = new Spot();

/** Both counted as in the event's JSON: from the root cause, from the outermost. */
export const frameSpot = (exception: number, frame: number): string => `frame:${exception}:${frame}`;

/** From the oldest. */
export const crumbSpot = (index: number): string => `crumb:${index}`;

export const spanSpot = (span: string): string => `span:${span}`;
