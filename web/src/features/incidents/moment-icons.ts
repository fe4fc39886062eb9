import Bell from '@lucide/svelte/icons/bell';
import BellOff from '@lucide/svelte/icons/bell-off';
import BellRing from '@lucide/svelte/icons/bell-ring';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import Eye from '@lucide/svelte/icons/eye';
import Flag from '@lucide/svelte/icons/flag';
import Gauge from '@lucide/svelte/icons/gauge';
import MessageSquare from '@lucide/svelte/icons/message-square';
import Rocket from '@lucide/svelte/icons/rocket';
import RotateCcw from '@lucide/svelte/icons/rotate-ccw';
import Send from '@lucide/svelte/icons/send';
import UserRound from '@lucide/svelte/icons/user-round';
import type { Tone } from '$lib/level';

interface Drawn {
  icon: typeof Bell;
  tone: Tone | 'ok';
}

const MOMENTS: Record<string, Drawn> = {
  began: { icon: Flag, tone: 'error' },
  alert: { icon: BellRing, tone: 'error' },
  deploy: { icon: Rocket, tone: 'info' },
  told: { icon: Send, tone: 'plain' },
  acknowledged: { icon: Eye, tone: 'warn' },
  assigned: { icon: UserRound, tone: 'plain' },
  severity: { icon: Gauge, tone: 'plain' },
  muted: { icon: BellOff, tone: 'plain' },
  unmuted: { icon: Bell, tone: 'plain' },
  note: { icon: MessageSquare, tone: 'plain' },
  resolved: { icon: CircleCheck, tone: 'ok' },
  reopened: { icon: RotateCcw, tone: 'error' },
};

/** How a kind of moment is drawn; the text beside it says what it is. */
export const drawnAs = (kind: string): Drawn => MOMENTS[kind] ?? { icon: Bell, tone: 'plain' };
