/**
 * The app's names for the shapes of `/api/0`. They are those of the server's own description, `openapi.json`, from
 * which `npm run types` makes `schema.d.ts`.
 */
import type { components, operations } from './schema';

type Schemas = components['schemas'];

export type AuthConfig = Schemas['AuthConfig'];
export type Credentials = Schemas['Login'];
export type FirstAccount = Schemas['Setup'];

export type Organization = Schemas['OrganizationJson'];
export type Person = Schemas['User'];
export type Member = Schemas['MemberJson'];
export type Invited = Schemas['NewMember'];
export type MemberChange = Partial<Schemas['MemberChange']>;
export type ApiToken = Schemas['TokenJson'];
export type NewToken = Schemas['NewToken'];
export type SessionRow = Schemas['SessionJson'];
export type AuditLog = Schemas['AuditLog'];
export type AuditRow = Schemas['AuditRow'];

export type Project = Schemas['ProjectJson'];
export type NewProject = Schemas['NewProject'];
export type ProjectChange = Schemas['ProjectChange'];
export type ProjectKey = Schemas['KeyJson'];
export type KeyChange = Schemas['KeyChange'];
export type NewKey = Schemas['NewKey'];
export type RateLimit = Schemas['RateLimitJson'];
export type ScrubbingTrial = Schemas['ScrubbingTrial'];
export type ScrubbingPreview = Schemas['ScrubbingPreview'];

export type IssueStatus = Schemas['Status'];
export type IssueSort = NonNullable<NonNullable<operations['list_issues']['parameters']['query']>['sort']>;
export type LiveUpdate = Schemas['Nudge'];

export type Issue = Schemas['IssueJson'];
export type Match = Schemas['MatchJson'];
/** `[unix seconds, count]`, oldest first. */
export type Series = Issue['stats'][string];
export type TagShare = Schemas['TagKeyJson'];
export type TagValue = Schemas['TagValueJson'];
export type Activity = Schemas['ActivityJson'];
export type EventRow = Schemas['EventRow'];
export type ChangeAnswer = Schemas['ChangeAnswer'];
export type UndoAnswer = Schemas['UndoAnswer'];
/** Whom issues can be given to. */
export type Assignable = Schemas['Assignable'];
export type SavedSearch = Schemas['SavedSearchJson'];
export type SearchUpdate = Schemas['SearchUpdate'];
export type SimilarIssue = Schemas['SimilarIssue'];
export type EventsAnswer = Schemas['EventsAnswer'];
export type EventsStats = Schemas['EventsStats'];
export type Facet = Schemas['FacetJson'];
export type Suggestion = Schemas['Suggestion'];
export type Suggestions = Schemas['Suggestions'];

export type IssueEvent = Schemas['EventJson'];
export type EventUser = Schemas['UserJson'];
export type EventNote = Schemas['EventErrorJson'];
export type UserReport = Schemas['UserReportJson'];
export type Attachment = Schemas['AttachmentJson'];

export type Entry = Schemas['Entry'];
export type ExceptionValue = Schemas['ExceptionJson'];
export type ThreadValue = Schemas['ThreadJson'];
export type Stacktrace = Schemas['StacktraceJson'];
export type Frame = Schemas['FrameJson'] & {
  sourceMapProblem?: FrameProblem | null;
  sourceLink?: SourceLink | null;
};
/** Why a frame of a minified file stays as it was sent, and what mends it. */
export interface FrameProblem {
  code: string;
  text: string;
  fix: { text: string; command: string | null } | null;
}
/** Where the line of a frame is in the team's repository. */
export interface SourceLink {
  url: string;
  history: string | null;
  blame: string | null;
  label: string;
  provider: string;
  providerName: string;
}
export type Template = Schemas['TemplateJson'];
export type DebugImage = Schemas['DebugMetaJson']['images'][number];
export type Breadcrumb = Schemas['BreadcrumbJson'];
export type RequestData = Schemas['RequestJson'];

export type Ledger = Schemas['Ledger'];
export type LedgerRow = Schemas['ProjectLedger'];

/** What one upload brought. */
export type ArtifactBundle = Schemas['BundleJson'];
export type ArtifactFiles = Schemas['BundleFilesJson'];
export type ArtifactFile = Schemas['FileJson'];

export interface Release {
  version: string;
  shortVersion: string;
  dateCreated: string;
  dateReleased: string | null;
  firstEvent: string | null;
  lastEvent: string | null;
  newGroups: number;
  commitCount: number;
  deployCount: number;
  lastCommit: Commit | null;
  lastDeploy: Deploy | null;
  authors: CommitAuthor[];
  projects: { id: number | string; slug: string; name: string; platform: string | null }[];
  ref: string | null;
  url: string | null;
}
export interface CommitAuthor {
  name: string | null;
  email: string | null;
}
export interface Commit {
  id: string;
  message: string | null;
  dateCreated: string;
  author: CommitAuthor | null;
  /** Its page in the repository. */
  url?: string | null;
}
export interface Deploy {
  id: string;
  environment: string;
  name: string | null;
  url: string | null;
  dateStarted: string | null;
  dateFinished: string | null;
}

export interface Repository {
  id: string;
  name: string;
  /** Of one that only uploaded commits name it is not known where it is. */
  url: string | null;
  /** `key` is `unknown` of one that only commits name. */
  provider: { id: string; name: string; key: string };
  defaultBranch: string | null;
  templates: LinkTemplates | null;
}
/** Addresses with `{ref}`, `{path}` and `{line}`, of a provider that is not known here. */
export interface LinkTemplates {
  line: string;
  history: string | null;
  blame: string | null;
}
export interface NewRepository {
  name: string;
  provider: string;
  url: string | null;
  /** Empty for none. */
  defaultBranch: string;
  templates: LinkTemplates | null;
}
export interface CodeMapping {
  id: string;
  projectSlug: string;
  repoId: string;
  repoName: string;
  stackRoot: string;
  sourceRoot: string;
  defaultBranch: string | null;
  automaticallyGenerated: boolean;
}
export interface NewCodeMapping {
  projectId: string;
  repositoryId: string;
  stackRoot: string;
  sourceRoot: string;
  /** Empty for none. */
  defaultBranch: string;
  automaticallyGenerated?: boolean;
}
/** Guessed from recent events, for a person to confirm. */
export interface MappingSuggestion {
  stackRoot: string;
  sourceRoot: string;
  repoName: string | null;
  repoId: string | null;
  /** Uploaded commits change files of these paths; else it is how the platform lays code out. */
  certain: boolean;
  frames: number;
  example: { filename: string; lineNo: number | null; sourcePath: string; eventID: string };
}
