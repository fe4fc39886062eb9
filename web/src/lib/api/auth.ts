import { apiPath, requestJson } from './http';
import type { AuthConfig, Credentials, FirstAccount, Organization } from './types';

export const getAuthConfig = () => requestJson<AuthConfig>(apiPath`/auth/config/`);

export const setUp = (body: FirstAccount) =>
  requestJson<unknown>(apiPath`/auth/setup/`, { method: 'POST', body });

export const signIn = (body: Credentials) =>
  requestJson<unknown>(apiPath`/auth/login/`, { method: 'POST', body });

export const signOut = () => requestJson<unknown>(apiPath`/auth/logout/`, { method: 'POST', body: {} });

export const getOrganization = (org: string, signal?: AbortSignal) =>
  requestJson<Organization>(apiPath`/organizations/${org}/`, { signal });
