/** The app's names for what `/api/0` says of why an issue fails, and of what happened around it. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type PatternKind = Schemas['PatternKind'];
/** What lists show of an issue beside its counts. */
export type Standing = Schemas['StandingJson'];
export type ChangePoint = Schemas['ChangeJson'];
export type NamedNumber = Schemas['NumberJson'];
export type IssueLink = Schemas['IssueNameJson'];
export type Dependency = Schemas['DependencyJson'];
export type Pattern = Schemas['PatternJson'];
/** So many of so many. */
export type Share = Schemas['ShareJson'];
export type Difference = Schemas['DifferenceJson'];
/** `alike` holds other values that nearly the same events have. */
export type Finding = Schemas['FindingJson'];
export type Differs = Schemas['DiffersJson'];
export type Telling = Schemas['Telling'];
export type Insight = Schemas['InsightJson'];
export type ReproductionSection = Schemas['ReproductionSection'];
export type Reproduction = Schemas['Reproduction'];
export type LocalEvent = Schemas['LocalEventJson'];
export type ComparedEvent = Schemas['ComparedEvent'];
export type ComparedRow = Schemas['ComparedRow'];
export type ComparedGroup = Schemas['ComparedGroup'];
export type SideBySide = Schemas['EventComparison'];
/** A `change` is what people did with the issue, and what became of it. */
export type MomentKind = Schemas['TimelineKind'];
export type Moment = Schemas['TimelineMoment'];
export type Timeline = Schemas['IssueTimeline'];
export type AnnotationKind = Schemas['AnnotationKind'];
export type NewAnnotation = Schemas['AnnotationBody'];
export type Annotation = Schemas['Annotation'];
