/** What a model made of an issue, what it was told, and what it was asked further. Times are ISO 8601. */
import type { FixWatch, Person } from './types';

export type FailureCode =
  | 'not_configured'
  | 'forbidden'
  | 'wrong_key'
  | 'unknown_model'
  | 'rate_limited'
  | 'budget_spent'
  | 'busy'
  | 'timeout'
  | 'unreachable'
  | 'cut_off'
  | 'refused'
  | 'unreadable'
  | 'context_too_long'
  | 'server_error'
  | 'interrupted';

/** Why there is no answer. */
export interface ExplainFailure {
  code: FailureCode;
  detail: string;
  /** When another try makes sense, in seconds; null: not until something is changed. */
  retryAfter: number | null;
}

/** Where the page shows a fact. Exceptions are counted from the root cause, frames from the outermost, breadcrumbs from the oldest. */
export type FactPlace =
  | { type: 'frame'; exception: number; frame: number }
  | { type: 'exception'; exception: number }
  | { type: 'crumb'; index: number }
  | { type: 'span'; trace: string; span: string }
  | { type: 'commit'; sha: string; repository: string | null }
  | { type: 'release'; version: string }
  | { type: 'event'; event: string }
  | { type: 'issue'; issue: string }
  | { type: 'section'; name: string };

export interface Fact {
  id: string;
  kind: string;
  /** As the model reads it, redacted. */
  text: string;
  place?: FactPlace | null;
}

export interface Redaction {
  placeholder: string;
  kind: string;
  times: number;
}

/** What a model claims, and on what grounds. */
export interface Claim {
  text: string;
  facts: string[];
  /** Code found no support for it. */
  unsupported?: boolean;
  reason?: string | null;
}

export type Confidence = 'high' | 'medium' | 'low';

export interface ExactLine {
  file: string;
  line: number | null;
  function: string | null;
  /** The frame that shows it. */
  fact: string | null;
}

export interface SuggestedFix {
  text: string;
  diff: string | null;
  /** Why a diff that the model gave is not shown. */
  diffRefused?: string | null;
}

export interface Answer {
  summary: string | null;
  rootCause: Claim | null;
  confidence: Confidence | null;
  line: ExactLine | null;
  why: Claim[];
  fix: SuggestedFix | null;
  /** The cheapest check that would disprove it. */
  check: string | null;
  missing: string[];
  /** How the answer had to be mended to be read. */
  notes: string[];
}

/** The fields that are whole so far. */
export type PartialAnswer = Partial<Answer>;

export interface Message {
  role: string;
  content: string;
}

export interface TokenUse {
  prompt: number;
  completion: number;
  /** The model did not say; counted by the server. */
  estimated: boolean;
}

export interface ToolCall {
  tool: string;
  /** As JSON. */
  arguments: string;
  result: string;
  failed: boolean;
}

export interface Question {
  date: string;
  user: Person | null;
  text: string;
  calls: ToolCall[];
  reply: Claim | null;
  failure: ExplainFailure | null;
  tokens: TokenUse;
  tookMs: number;
}

export interface ExplainFeedback {
  helpful: boolean;
  note: string;
  user: Person | null;
  date: string;
}

export interface Explanation extends Answer {
  id: string;
  state: 'running' | 'done' | 'failed';
  issue: string;
  event: string;
  dateCreated: string;
  dateFinished: string | null;
  by: 'person' | 'program' | 'automatic';
  user: Person | null;
  model: string;
  promptVersion: string;
  facts: Fact[];
  /** Facts for which there was no room, by their ids. */
  leftOut: string[];
  redactions: Redaction[];
  /** Exactly what was sent. */
  sent: Message[];
  tokens: TokenUse;
  tookMs: number;
  failure: ExplainFailure | null;
  stale: { is: boolean; reasons: string[] };
  feedback: ExplainFeedback | null;
  questions: Question[];
  fixWatch: FixWatch | null;
}

export interface ExplainStatus {
  configured: boolean;
  model: string | null;
  /** The project forbids sending. */
  forbidden: boolean;
  budget: { usedToday: number; perDay: number } | null;
  failure: ExplainFailure | null;
}

export interface Explanations {
  status: ExplainStatus;
  /** Newest first. */
  explanations: Explanation[];
  running: { id: string; asked: string } | null;
}

/** What would be sent; works without a model. */
export interface Evidence {
  event: string;
  facts: Fact[];
  leftOut: string[];
  redactions: Redaction[];
  tokens: number;
  tokensMax: number;
  /** For pasting into an agent. */
  markdown: string;
  messages: Message[];
}

/** What in an event points to the cause, found without a model. */
export interface Telling {
  sentences: string[];
  frame: { exception: number; frame: number; sentence: string } | null;
  crumbs: { index: number; sentence: string }[];
  span: { trace: string; span: string; sentence: string } | null;
}

/** The part of an issue's insight that stands in for an explanation. */
export interface ToldInsight {
  pattern: { label: string; sentences: string[] } | null;
  telling: Telling | null;
}

/** Of a project. */
export interface ExplainSettings {
  /** Nothing of its events may leave for a model. */
  forbidden: boolean;
  /** New, regressed and spiking issues are explained unasked. */
  automatic: boolean;
}
