import Bell from '@lucide/svelte/icons/bell';
import ChartLine from '@lucide/svelte/icons/chart-line';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import Flag from '@lucide/svelte/icons/flag';
import Package from '@lucide/svelte/icons/package';
import Rocket from '@lucide/svelte/icons/rocket';
import Siren from '@lucide/svelte/icons/siren';
import Unplug from '@lucide/svelte/icons/unplug';
import type { MomentKind } from '$lib/api/insight-types';

export const MOMENT_ICONS: Record<MomentKind, typeof Bell> = {
  deploy: Rocket,
  release: Package,
  alert: Bell,
  incident: Siren,
  issue: CircleAlert,
  host: Unplug,
  annotation: Flag,
  change: ChartLine,
};
