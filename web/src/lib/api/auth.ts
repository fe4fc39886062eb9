import { apiPath, requestJson } from './http';
import type { AuthConfig } from './types';

export const getAuthConfig = () => requestJson<AuthConfig>(apiPath`/auth/config/`);

export const setUp = (body: { token: string; email: string; name: string; password: string }) =>
  requestJson<unknown>(apiPath`/auth/setup/`, { method: 'POST', body });

export const signIn = (body: { email: string; password: string }) =>
  requestJson<unknown>(apiPath`/auth/login/`, { method: 'POST', body });

export const signOut = () => requestJson<unknown>(apiPath`/auth/logout/`, { method: 'POST', body: {} });
