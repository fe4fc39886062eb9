/** Addresses of the pages of alerts that others lead to. */
export const incidentPath = (id: string): string => `/alerts/incidents/${encodeURIComponent(id)}`;

export const rulePath = (id: string): string => `/alerts/rules/${encodeURIComponent(id)}`;
