/** The shapes of `/api/0`, as Sentry's web API gives them. Ids are strings, `count` a string, times ISO. */

export type Level = 'fatal' | 'error' | 'warning' | 'info' | 'debug' | 'sample';
export type IssueStatus = 'unresolved' | 'resolved' | 'ignored';
export type IssueSort = 'date' | 'new' | 'freq' | 'user';
/** `[unix seconds, count]`, oldest first. */
export type Series = [number, number][];

export interface User {
  id: string;
  email: string;
  name: string;
  role?: string;
}

export interface AuthConfig {
  setupRequired: boolean;
  signedIn: boolean;
  organization: { slug: string; name: string };
  version: string;
  user?: User | null;
}

export interface ProjectRef {
  id: string;
  slug: string;
  name: string;
  platform?: string | null;
}

export interface Project extends ProjectRef {
  dateCreated?: string;
  firstEvent?: string | null;
}

export interface ProjectKey {
  id: string;
  label?: string;
  name?: string;
  public: string;
  isActive: boolean;
  dsn: { public: string };
}

/** Where a search matched, with `[start, end)` ranges into `snippet` in UTF-16 units. */
export interface Match {
  where: string;
  snippet: string;
  highlights: [number, number][];
}

export interface Issue {
  id: string;
  shortId: string;
  title: string;
  culprit?: string | null;
  level: Level;
  status: IssueStatus;
  substatus?: string | null;
  type?: string;
  platform?: string | null;
  metadata: {
    type?: string | null;
    value?: string | null;
    filename?: string | null;
    function?: string | null;
    title?: string | null;
  };
  count: string;
  userCount: number;
  /** Users are counted exactly while they are few, estimated beyond. */
  userCountEstimated?: boolean;
  firstSeen: string;
  lastSeen: string;
  project: ProjectRef;
  permalink?: string;
  isUnhandled?: boolean;
  assignedTo?: { name: string; email?: string } | null;
  stats?: Partial<Record<'24h' | '14d' | '30d', Series>>;
  logger?: string | null;
  firstRelease?: { version: string } | null;
  lastRelease?: { version: string } | null;
  matches?: Match[];
}

export interface Frame {
  function?: string | null;
  module?: string | null;
  package?: string | null;
  filename?: string | null;
  absPath?: string | null;
  lineNo?: number | null;
  colNo?: number | null;
  inApp?: boolean | null;
  context?: [number, string | null][] | null;
  vars?: Record<string, unknown> | null;
  instructionAddr?: string | null;
}

export interface Stacktrace {
  frames?: (Frame | null)[] | null;
  framesOmitted?: [number, number] | null;
}

export interface ExceptionValue {
  type?: string | null;
  value?: string | null;
  module?: string | null;
  mechanism?: { type?: string; handled?: boolean | null; data?: unknown } | null;
  stacktrace?: Stacktrace | null;
  rawStacktrace?: Stacktrace | null;
}

export interface Breadcrumb {
  type?: string | null;
  category?: string | null;
  level?: string | null;
  message?: string | null;
  data?: Record<string, unknown> | null;
  timestamp?: string | null;
}

export type Pairs = [string, string | null][];

export interface RequestData {
  method?: string | null;
  url?: string | null;
  query?: Pairs | string | null;
  fragment?: string | null;
  headers?: Pairs | null;
  cookies?: Pairs | null;
  data?: unknown;
  env?: Record<string, unknown> | null;
}

export interface ThreadValue {
  id?: string | number | null;
  name?: string | null;
  crashed?: boolean | null;
  current?: boolean | null;
  stacktrace?: Stacktrace | null;
}

export type Entry =
  | { type: 'exception'; data: { values?: (ExceptionValue | null)[] | null } }
  | { type: 'breadcrumbs'; data: { values?: (Breadcrumb | null)[] | null } }
  | { type: 'request'; data: RequestData }
  | { type: 'message'; data: { message?: string | null; formatted?: string | null; params?: unknown } }
  | { type: 'threads'; data: { values?: (ThreadValue | null)[] | null } }
  | { type: 'csp'; data: Record<string, unknown> };

export interface EventUser {
  id?: string | null;
  email?: string | null;
  username?: string | null;
  name?: string | null;
  ip_address?: string | null;
  data?: Record<string, unknown> | null;
  geo?: Record<string, unknown> | null;
}

export interface UserReport {
  id?: string;
  name?: string | null;
  email?: string | null;
  comments: string;
  dateCreated?: string;
}

export interface EventNote {
  type: string;
  message?: string;
  data?: Record<string, unknown>;
}

export interface IssueEvent {
  id: string;
  eventID: string;
  groupID?: string;
  title: string;
  message?: string | null;
  dateCreated?: string | null;
  dateReceived?: string | null;
  platform?: string | null;
  tags: { key: string; value: string }[];
  user?: EventUser | null;
  contexts?: Record<string, Record<string, unknown> | null> | null;
  context?: Record<string, unknown> | null;
  entries: Entry[];
  sdk?: { name?: string; version?: string } | null;
  errors?: EventNote[];
  release?: { version: string } | string | null;
  environment?: string | null;
  dist?: string | null;
  nextEventID?: string | null;
  previousEventID?: string | null;
  userReport?: UserReport | null;
  packages?: Record<string, string | null> | null;
  fingerprints?: string[];
}

export interface TagShare {
  key: string;
  name?: string;
  uniqueValues?: number;
  totalValues: number;
  topValues: { value: string; name?: string; count: number; lastSeen?: string }[];
}

export interface Activity {
  id?: string;
  type: string;
  dateCreated: string;
  user?: { name?: string; email?: string } | null;
  data?: Record<string, unknown> | null;
}

export interface Attachment {
  id: string;
  name: string;
  size: number;
  mimetype?: string | null;
}

export interface LedgerRow {
  project: string;
  received: number;
  stored: number;
  notStored: Record<string, number>;
  duplicate: number;
  limited: number;
  rejected: Record<string, number>;
  /** Lost before it was sent, as SDKs report it, by reason. Not part of `received`. */
  clientDiscarded?: Record<string, number>;
}

export interface Ledger {
  projects: LedgerRow[];
  inbox: { depth: number; oldestSeconds: number };
  index: { lagEvents: number };
  version: string;
}

export interface LiveUpdate {
  new: string[];
  updated: string[];
}
