/** The shapes of alerts, incidents and their messages, as `/api/0` says them. */
import type { Issue } from './types';

export type Severity = 'low' | 'medium' | 'high' | 'critical';
export type ReleaseMetric = 'crash_free_sessions' | 'crash_free_users' | 'error_rate';

/** What a rule looks for. Windows in minutes, bounds in percent. */
export type AlertTrigger =
  | { type: 'new_issue' }
  | { type: 'regression' }
  | { type: 'spike'; factor: number; windowMinutes: number }
  | { type: 'events'; moreThan: number; windowMinutes: number }
  | { type: 'users'; moreThan: number; windowMinutes: number }
  | { type: 'fix_failed' }
  | { type: 'release'; metric: ReleaseMetric; bound: number; sessionsMin: number }
  | { type: 'verdict_worse' }
  | { type: 'silence'; factor: number }
  | { type: 'own' };

/** What of a rule is a person's to decide. */
export interface AlertRuleDraft {
  name: string;
  enabled: boolean;
  /** Slugs; none means all. */
  projects: string[];
  environment: string | null;
  query: string;
  trigger: AlertTrigger;
  severity: Severity;
  /** Channels, by id. */
  targets: string[];
  /** `everyone`, `admins`, `assignee`, or the id of a person. */
  people: string[];
  cooldownMinutes: number;
  quietMinutes: number;
  reopenMinutes: number;
}

/** What is left out stays as it is. An empty environment is all of them. */
export type AlertRuleEdit = Partial<Omit<AlertRuleDraft, 'environment'>> & {
  environment?: string;
  /** Nobody is told for so long; 0 ends it. */
  muteMinutes?: number;
};

interface PersonLink {
  id: string;
  name: string;
  email: string;
}

export interface AlertRule extends AlertRuleDraft {
  id: string;
  mutedUntil: string | null;
  sentence: string;
  dateCreated: string;
  createdBy: PersonLink | null;
  lastAlert: string | null;
  /** Of how many things it is true now. */
  firing: number;
}

export interface AlertRuleTemplate {
  id: string;
  title: string;
  about: string;
  rule: AlertRuleDraft;
}

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

export type IncidentStatus = 'open' | 'acknowledged' | 'resolved';

export interface AlertActor {
  type: 'person' | 'target' | 'instance';
  name: string;
  id: string | null;
}

export interface Incident {
  id: string;
  title: string;
  severity: Severity;
  status: IncidentStatus;
  owner: AlertActor | null;
  opened: string;
  began: string;
  acknowledged: string | null;
  acknowledgedBy: AlertActor | null;
  resolved: string | null;
  resolvedBy: AlertActor | null;
  reopened: number;
  projects: string[];
  environments: string[];
  releases: string[];
  issueCount: number;
  userCount: number;
  eventCount: number;
  alertCount: number;
  lastAlert: string;
  timeToAcknowledgeSeconds: number | null;
  timeToResolveSeconds: number | null;
  muted: { until: string | null; untilUsers: number | null } | null;
}

export interface IncidentDetails extends Incident {
  issues: Issue[];
  rules: { id: string; name: string }[];
  notifications: Notification[];
}

export interface IncidentChange {
  status?: IncidentStatus;
  /** The id of a person; empty for nobody. */
  owner?: string;
  severity?: Severity;
  title?: string;
  mute?: { minutes: number } | { users: number } | null;
}

export type MomentKind =
  | 'began'
  | 'alert'
  | 'deploy'
  | 'told'
  | 'acknowledged'
  | 'assigned'
  | 'severity'
  | 'muted'
  | 'unmuted'
  | 'note'
  | 'resolved'
  | 'reopened';

export interface Moment {
  at: string;
  by: AlertActor | null;
  kind: MomentKind;
  /** A sentence; of a note what was written. */
  text: string;
  /** Of an alert. */
  issue?: { id: string; shortId: string; title: string };
}

export type TargetType =
  'webhook' | 'slack' | 'discord' | 'teams' | 'telegram' | 'mattermost' | 'pagerduty' | 'ntfy';

export type DeliveryState = 'waiting' | 'delivered' | 'failed' | 'dropped';

export interface NotificationTarget {
  id: string;
  name: string;
  type: TargetType;
  /** Masked where it is a secret itself. */
  url: string;
  hasSecret: boolean;
  enabled: boolean;
  dateCreated: string;
  lastDelivery: { state: DeliveryState; at: string; reason: string | null } | null;
}

/** What is left out stays as it is; an empty secret takes it away. */
export interface TargetEdit {
  name?: string;
  type?: TargetType;
  url?: string;
  secret?: string;
  enabled?: boolean;
}

export type IncidentStep = 'opened' | 'joined' | 'raised' | 'acknowledged' | 'reopened' | 'resolved';

export interface Notification {
  id: string;
  key: string;
  recipient: { type: 'person' | 'target'; id: string; name: string; channel: string };
  about: {
    type: 'incident' | 'digest' | 'test';
    incident: string | null;
    step: IncidentStep | null;
    text: string;
  };
  state: DeliveryState;
  attempts: number;
  dateDecided: string;
  /** Not tried before. */
  due: string;
  ended: string | null;
  reason: string | null;
}

/** What somebody wants to be told, and when. */
export interface NotificationWishes {
  email: boolean;
  /** Slugs; null: all that the person sees. */
  projects: string[] | null;
  severityMin: Severity;
  timeZone: string;
  quietHours: { from: string; to: string; letThrough: Severity } | null;
  /** A cron expression of five fields. */
  digest: string | null;
  nextDigest: string | null;
  /** This server can send mail. */
  isMailSetUp: boolean;
}

export type WishesEdit = Omit<NotificationWishes, 'nextDigest' | 'isMailSetUp'>;
