/**
 * Names of the places that findings point at, in the order in which the API lists them: exceptions from the first cause,
 * frames from the outermost call, breadcrumbs from the oldest. `point` of an event's address holds one; what is folded
 * around it opens.
 */
export const framePoint = (exception: number, frame: number): string => `frame:${exception}:${frame}`;

export const crumbPoint = (index: number): string => `crumb:${index}`;

/** What else the address may say that would keep the place out of sight: the stack as text, another kind of breadcrumb. */
export const pointParams = (point: string): Record<string, string | null> =>
  point.startsWith('frame:') ? { point, frames: null, code: null } : { point, crumbs: null };
