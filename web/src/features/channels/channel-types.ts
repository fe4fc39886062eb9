import type { TargetType } from '$lib/api/alert-types';

/** Of each kind of channel: what to paste, where to find it, and what else it needs. */
export interface ChannelType {
  value: TargetType;
  label: string;
  /** What its address is called over there. */
  url: string;
  placeholder: string;
  where: string;
  /** What the secret is, if there is one. */
  secret?: { label: string; hint: string; required: boolean };
  /** Where no address is asked for, this is it. */
  fixedUrl?: string;
}

export const CHANNEL_TYPES: ChannelType[] = [
  {
    value: 'slack',
    label: 'Slack',
    url: 'Webhook URL',
    placeholder: 'https://hooks.slack.com/services/…',
    where: 'In Slack: api.slack.com/apps, your app, Incoming Webhooks, Add New Webhook to Workspace.',
  },
  {
    value: 'teams',
    label: 'Microsoft Teams',
    url: 'Workflow URL',
    placeholder: 'https://….logic.azure.com/workflows/…',
    where:
      'In Teams: the channel’s ⋯, Workflows, “Post to a channel when a webhook request is received”; it ends with a URL.',
  },
  {
    value: 'discord',
    label: 'Discord',
    url: 'Webhook URL',
    placeholder: 'https://discord.com/api/webhooks/…',
    where: 'In Discord: the channel’s settings, Integrations, Webhooks, New Webhook, Copy Webhook URL.',
  },
  {
    value: 'mattermost',
    label: 'Mattermost',
    url: 'Webhook URL',
    placeholder: 'https://mattermost.example.com/hooks/…',
    where: 'In Mattermost: Integrations, Incoming Webhooks, Add Incoming Webhook.',
  },
  {
    value: 'telegram',
    label: 'Telegram',
    url: 'Bot URL',
    placeholder: 'https://api.telegram.org/bot123456:ABC…/sendMessage',
    where:
      'Ask @BotFather for a bot; it answers with a token. The URL is https://api.telegram.org/bot, the token, /sendMessage.',
    secret: {
      label: 'Chat id',
      hint: 'Of the chat or group that the bot is in, like -1001234567890.',
      required: true,
    },
  },
  {
    value: 'pagerduty',
    label: 'PagerDuty',
    url: 'Events API',
    placeholder: 'https://events.pagerduty.com/v2/enqueue',
    where: 'In PagerDuty: the service’s Integrations, Add Integration, Events API V2; it shows the key.',
    secret: { label: 'Integration key', hint: '32 letters and digits.', required: true },
    fixedUrl: 'https://events.pagerduty.com/v2/enqueue',
  },
  {
    value: 'ntfy',
    label: 'ntfy',
    url: 'Topic URL',
    placeholder: 'https://ntfy.sh/your-topic',
    where: 'Any topic of ntfy.sh or of your own server; subscribe to it in the app.',
    secret: { label: 'Access token', hint: 'Only where the topic is protected.', required: false },
  },
  {
    value: 'webhook',
    label: 'Webhook',
    url: 'URL',
    placeholder: 'https://example.com/hooks/lighttrace',
    where: 'Your own program: it is sent a POST of versioned JSON at every step of an incident.',
    secret: {
      label: 'Signing secret',
      hint: 'Of your choice. X-LightTrace-Signature is the HMAC-SHA256 of the body with it.',
      required: false,
    },
  },
];

export const channelType = (value: TargetType): ChannelType | undefined =>
  CHANNEL_TYPES.find((one) => one.value === value);

export const channelLabel = (value: TargetType): string => channelType(value)?.label ?? value;
