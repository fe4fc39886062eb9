import { apiPath, request, requestJson } from './http';
import { parseLinkHeader, type PageLinks } from './link-header';
import type {
  ApiToken,
  AuditLog,
  Invited,
  Member,
  MemberChange,
  NewToken,
  Person,
  SessionRow,
} from './types';

export const listMembers = (org: string, signal?: AbortSignal) =>
  requestJson<Member[]>(apiPath`/organizations/${org}/members/`, { signal });

export const inviteMember = (org: string, body: Invited) =>
  requestJson<Member>(apiPath`/organizations/${org}/members/`, { method: 'POST', body });

export const updateMember = (org: string, member: string, body: MemberChange) =>
  requestJson<Member>(apiPath`/organizations/${org}/members/${member}/`, { method: 'PUT', body });

/** Revokes the invitation of a pending member. `me` leaves. */
export const removeMember = (org: string, member: string) =>
  requestJson<void>(apiPath`/organizations/${org}/members/${member}/`, { method: 'DELETE' });

export const listAuditLog = async (
  org: string,
  query: { event?: string; cursor?: string },
  signal?: AbortSignal,
): Promise<AuditLog & { links: PageLinks }> => {
  const path = apiPath`/organizations/${org}/audit-logs/`;
  const response = await request(path, { query: { ...query, per_page: 50 }, signal });
  const log = (await response.json()) as AuditLog;
  return { ...log, links: parseLinkHeader(response.headers.get('Link')) };
};

export const listTokens = (signal?: AbortSignal) =>
  requestJson<ApiToken[]>(apiPath`/api-tokens/`, { signal });

export const createToken = (body: NewToken) =>
  requestJson<ApiToken>(apiPath`/api-tokens/`, { method: 'POST', body });

export const deleteToken = (token: string) =>
  requestJson<void>(apiPath`/api-tokens/${token}/`, { method: 'DELETE' });

export const updateProfile = (name: string) =>
  requestJson<Person>(apiPath`/users/me/`, { method: 'PUT', body: { name } });

export const changePassword = (password: string, passwordNew: string) =>
  requestJson<void>(apiPath`/users/me/password/`, { method: 'POST', body: { password, passwordNew } });

export const listSessions = (signal?: AbortSignal) =>
  requestJson<SessionRow[]>(apiPath`/users/me/sessions/`, { signal });

export const endSession = (session: string) =>
  requestJson<void>(apiPath`/users/me/sessions/${session}/`, { method: 'DELETE' });

export const endOtherSessions = () => requestJson<void>(apiPath`/users/me/sessions/`, { method: 'DELETE' });

/** Makes the account of an invitation and signs in. */
export const acceptInvitation = (token: string, name: string, password: string) =>
  requestJson<unknown>(apiPath`/auth/setup/`, { method: 'POST', body: { token, name, password } });
