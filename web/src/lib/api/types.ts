/**
 * The app's names for the shapes of `/api/0`. They are those of the server's own description, `openapi.json`, from
 * which `npm run types` makes `schema.d.ts`. What is written by hand says why.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

/** A shape of which one field is known better than described. A field that is gone or renamed is a type error. */
type Narrowed<Shape, Field extends keyof Shape, Type extends Shape[Field]> = Shape & Record<Field, Type>;

export type AuthConfig = Schemas['AuthConfig'];
export type Credentials = Schemas['Login'];
export type FirstAccount = Schemas['Setup'];

export type Project = Schemas['ProjectJson'];
export type NewProject = Schemas['NewProject'];
export type ProjectKey = Schemas['KeyJson'];

/** By hand: the description says `string`. */
export type IssueStatus = 'unresolved' | 'resolved' | 'ignored';
/** By hand: the description of the parameter says `string`. */
export type IssueSort = 'date' | 'new' | 'freq' | 'user';
/** By hand: of the live stream, the description says only that it is text. */
export interface LiveUpdate {
  new: string[];
  updated: string[];
}

export type Issue = Narrowed<Schemas['IssueJson'], 'status', IssueStatus>;
export type Match = Schemas['MatchJson'];
/** `[unix seconds, count]`, oldest first. */
export type Series = Issue['stats'][string];
export type TagShare = Schemas['TagKeyJson'];
/** By hand: the description says nothing of `data`, which is always an object. */
export type Activity = Narrowed<Schemas['ActivityJson'], 'data', Record<string, unknown>>;

/** By hand: the description says nothing of a single context, which is always an object. */
export type IssueEvent = Narrowed<Schemas['EventJson'], 'contexts', Record<string, Record<string, unknown>>>;
export type EventUser = Schemas['UserJson'];
export type EventNote = Schemas['EventErrorJson'];
export type UserReport = Schemas['UserReportJson'];
export type Attachment = Schemas['AttachmentJson'];

export type Entry = Schemas['Entry'];
export type ExceptionValue = Schemas['ExceptionJson'];
export type ThreadValue = Schemas['ThreadJson'];
export type Stacktrace = Schemas['StacktraceJson'];
export type Frame = Schemas['FrameJson'];
export type Breadcrumb = Schemas['BreadcrumbJson'];
export type RequestData = Schemas['RequestJson'];

export type Ledger = Schemas['Ledger'];
export type LedgerRow = Schemas['ProjectLedger'];
