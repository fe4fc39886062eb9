/** Addresses of the pages of alerts that others lead to. */
export const incidentPath = (id: string): string => `/alerts/incidents/${encodeURIComponent(id)}`;

export const rulePath = (id: string): string => `/alerts/rules/${encodeURIComponent(id)}`;

/** A new rule that tells when a transaction is slow, filled in with that transaction. */
export const slowRulePath = ({ name, project }: { name: string; project: string }): string =>
  `/alerts/rules/new?${new URLSearchParams({ template: 'transaction_p95', project, transaction: name }).toString()}`;
