import type { NotificationTarget, TargetEdit, TargetType } from '$lib/api/alert-types';
import { channelType } from './channel-types';

export interface ChannelDraft {
  type: TargetType;
  name: string;
  url: string;
  secret: string;
}

export const newChannel = (type: TargetType): ChannelDraft => ({
  type,
  name: '',
  url: channelType(type)?.fixedUrl ?? '',
  secret: '',
});

/** Addresses of chat tools are secrets and come masked: those fields start empty, and empty leaves them as they are. */
export const draftOf = (target: NotificationTarget): ChannelDraft => ({
  type: target.type,
  name: target.name,
  url: isMasked(target.url) ? '' : target.url,
  secret: '',
});

export const isMasked = (url: string): boolean => /…|\*\*\*|•/.test(url);

/** What the server is asked to keep: of a channel that is there, only what was typed. */
export function editOf(draft: ChannelDraft, of: NotificationTarget | undefined): TargetEdit {
  const [name, url, secret] = [draft.name.trim(), draft.url.trim(), draft.secret.trim()];
  if (!of) return { type: draft.type, name, url, ...(secret && { secret }) };
  return { name, ...(url && url !== of.url && { url }), ...(secret && { secret }) };
}
