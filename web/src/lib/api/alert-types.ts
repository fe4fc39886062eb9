/** The app's names for the shapes of alerts, incidents and their messages. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Severity = Schemas['Severity'];
/** What a rule looks for. Windows in minutes, bounds in percent. */
export type AlertTrigger = Schemas['AlertTrigger'];
export type ReleaseMetric = Extract<AlertTrigger, { type: 'release' }>['metric'];
export type AlertRule = Schemas['AlertRule'];
/** What is left out stays as it is. An empty environment is all of them. */
export type AlertRuleEdit = Schemas['RuleUpdate'];

/** What of a rule is a person's to decide. */
export type AlertRuleDraft = Pick<
  AlertRule,
  | 'name'
  | 'enabled'
  | 'projects'
  | 'environment'
  | 'query'
  | 'trigger'
  | 'severity'
  | 'targets'
  | 'people'
  | 'cooldownMinutes'
  | 'quietMinutes'
  | 'reopenMinutes'
>;

export interface PreviewSubject {
  type: string;
  issue?: { id: string; shortId: string; title: string } | null;
  project?: string | null;
  release?: string | null;
}

export interface AlertPreview {
  from: string;
  to: string;
  /** What is known begins here, where that is later than `from`. */
  since: string | null;
  alerts: { at: string; because: string; subject: PreviewSubject }[];
  total: number;
  /** How often people would have been told. */
  messages: number;
  note: string | null;
}

export type IncidentStatus = Schemas['IncidentStatus'];
export type IncidentStep = Schemas['IncidentStep'];
export type AlertActor = Schemas['IncidentActor'];
export type Incident = Schemas['Incident'];
export type IncidentDetails = Schemas['IncidentDetails'];
/** Whose it is to be is the id of a person; empty for nobody. */
export type IncidentChange = Schemas['IncidentUpdate'];
export type Moment = Schemas['IncidentMoment'];

export type TargetType = Schemas['NotificationTargetType'];
export type NotificationTarget = Schemas['NotificationTarget'];
/** What is left out stays as it is; an empty secret takes it away. */
export type TargetEdit = Schemas['TargetUpdate'];
export type DeliveryState = Schemas['DeliveryState'];
export type Notification = Schemas['Notification'];

/** What somebody wants to be told, and when. */
export type NotificationWishes = Schemas['NotificationPreferences'];
export type WishesEdit = Schemas['PreferencesUpdate'];
