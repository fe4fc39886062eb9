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

/** Whether the fix of an issue holds. */
export type FixWatch = Schemas['FixWatchJson'];
/** Only one that is read by itself says how its fix fares. */
export type Issue = Schemas['IssueJson'] & { fixWatch?: FixWatch | null };
export type IssueUpdate = Schemas['IssueUpdate'];
export type StatusDetails = Schemas['StatusDetails'];
export type PriorityLevel = Schemas['PriorityLevel'];
export type Match = Schemas['MatchJson'];
/** `[unix seconds, count]`, oldest first. */
export type Series = Issue['stats'][string];
export type TagShare = Schemas['TagKeyJson'];
export type TagValue = Schemas['TagValueJson'];
export type Activity = Schemas['ActivityJson'];
export type EventRow = Schemas['EventRow'];
export type ChangeAnswer = Schemas['ChangeAnswer'];
export type UnmergeAnswer = Schemas['UnmergeAnswer'];
/** A group hash of an issue. */
export type IssueHash = Schemas['HashJson'];
export type Suspects = Schemas['SuspectsJson'];
export type SuspectCommit = Schemas['SuspectCommitJson'];
export type SuspectDeploy = Schemas['SuspectDeployJson'];
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
export type Reprocessed = Schemas['ReprocessAnswer'];
export type UserReport = Schemas['UserReportJson'];
export type Attachment = Schemas['AttachmentJson'];

export type Entry = Schemas['Entry'];
export type ExceptionValue = Schemas['ExceptionJson'];
export type ThreadValue = Schemas['ThreadJson'];
export type Stacktrace = Schemas['StacktraceJson'];
export type Frame = Schemas['FrameJson'];
/** Why a frame of a minified file stays as it was sent, and what mends it. */
export type FrameProblem = Schemas['FrameProblemJson'];
/** Where the line of a frame is in the team's repository. */
export type SourceLink = Schemas['SourceLinkJson'];
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

export type ReleaseProject = Schemas['ReleaseProjectJson'];
export type Release = Schemas['ReleaseJson'];
export type HealthData = Schemas['HealthDataJson'];
/** In which a rate truly lies 95 times of 100. */
export type Interval = Schemas['IntervalJson'];
export type SessionStats = Schemas['SessionStats'];

/** Whether a release is better or worse than the one before it at the same age. */
export type Verdict = Schemas['VerdictJson'];
export type ProjectVerdict = Schemas['ProjectVerdictJson'];
export type VerdictState = Schemas['VerdictState'];
export type VerdictCheck = Schemas['CheckJson'];
export type VerdictIssue = Schemas['IssueLinkJson'];

/** Work of one name in one project, and how it went within a period. */
export type Transaction = Schemas['Transaction'];
export type TransactionsAnswer = Schemas['TransactionsAnswer'];
export type TransactionDetail = Schemas['TransactionDetail'];
export type TransactionTrend = Schemas['TransactionTrend'];
export type TransactionSeries = Schemas['TransactionSeries'];
export type TransactionExample = Schemas['TransactionExample'];
export type TransactionRelease = Schemas['TransactionRelease'];
export type DurationBucket = Schemas['DurationBucket'];
export type DurationChange = Schemas['DurationChange'];
export type FoundSpan = Schemas['SpanRow'];
export type SpansAnswer = Schemas['SpansAnswer'];

export type Commit = Schemas['CommitJson'];
export type CommitAuthor = Schemas['AuthorJson'];
export type Deploy = Schemas['DeployJson'];

export type Repository = Schemas['RepositoryJson'];
export type NewRepository = Schemas['RepositoryBody'];
export type CodeMapping = Schemas['CodeMappingJson'];
export type NewCodeMapping = Schemas['CodeMappingBody'];
/** Guessed from recent events, for a person to confirm. */
export type MappingSuggestion = Schemas['SuggestionJson'];
