/** The app's names for what a model made of an issue, what it was told, and what it was asked further. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type FailureCode = Schemas['FailureCode'];
export type ExplainFailure = Schemas['ExplainFailure'];
export type FactPlace = Schemas['FactPlace'];
export type Fact = Schemas['Fact'];
export type Redaction = Schemas['Redaction'];
/** What a model claims, and on what grounds. */
export type Claim = Schemas['Claim'];
export type Confidence = Schemas['Confidence'];
export type Message = Schemas['SentMessageJson'];
export type ToolCall = Schemas['ToolCall'];
export type Question = Schemas['QuestionJson'];
export type Explanation = Schemas['ExplanationJson'];
export type ExplainStatus = Schemas['ExplainStatusJson'];
export type Explanations = Schemas['ExplanationsJson'];
/** What would be sent; works without a model. */
export type Evidence = Schemas['EvidenceJson'];
export type ExplainSettings = Schemas['ExplainSettingsJson'];

/** What a model says, of an explanation. */
export type Answer = Pick<
  Explanation,
  'summary' | 'rootCause' | 'confidence' | 'line' | 'why' | 'fix' | 'check' | 'missing' | 'notes'
>;
/** The fields that are whole so far. */
export type PartialAnswer = Partial<Answer>;
