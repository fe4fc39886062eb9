import type {
  Notification,
  NotificationTarget,
  NotificationWishes,
  TargetEdit,
  WishesEdit,
} from './alert-types';
import { apiPath, request, requestJson } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';

export const listTargets = (org: string, signal?: AbortSignal) =>
  requestJson<NotificationTarget[]>(apiPath`/organizations/${org}/notification-targets/`, { signal });

export const createTarget = (org: string, body: TargetEdit) =>
  requestJson<NotificationTarget>(apiPath`/organizations/${org}/notification-targets/`, {
    method: 'POST',
    body,
  });

export const updateTarget = (org: string, id: string, body: TargetEdit) =>
  requestJson<NotificationTarget>(apiPath`/organizations/${org}/notification-targets/${id}/`, {
    method: 'PUT',
    body,
  });

export const deleteTarget = (org: string, id: string) =>
  requestJson<void>(apiPath`/organizations/${org}/notification-targets/${id}/`, { method: 'DELETE' });

/** The answer is on its way: ask for it again until it has ended. */
export const testTarget = (org: string, id: string) =>
  requestJson<Notification>(apiPath`/organizations/${org}/notification-targets/${id}/test/`, {
    method: 'POST',
    body: {},
  });

export interface NotificationFilter {
  state?: string;
  /** An id. */
  incident?: string;
  target?: string;
  cursor?: string;
}

export interface NotificationPage {
  notifications: Notification[];
  links: PageLinks;
}

const NOTIFICATIONS_PER_PAGE = 50;

export async function listNotifications(
  org: string,
  filter: NotificationFilter,
  signal?: AbortSignal,
): Promise<NotificationPage> {
  const query = { ...filter, limit: NOTIFICATIONS_PER_PAGE };
  const response = await request(apiPath`/organizations/${org}/notifications/`, { query, signal });
  const links = parseLinkHeader(response.headers.get('Link'));
  return { notifications: (await response.json()) as Notification[], links };
}

export const getNotification = (org: string, id: string, signal?: AbortSignal) =>
  requestJson<Notification>(apiPath`/organizations/${org}/notifications/${id}/`, { signal });

export const sendAgain = (org: string, id: string) =>
  requestJson<Notification>(apiPath`/organizations/${org}/notifications/${id}/send-again/`, {
    method: 'POST',
    body: {},
  });

export const getWishes = (signal?: AbortSignal) =>
  requestJson<NotificationWishes>(apiPath`/users/me/notifications/`, { signal });

export const saveWishes = (body: WishesEdit) =>
  requestJson<NotificationWishes>(apiPath`/users/me/notifications/`, { method: 'PUT', body });
