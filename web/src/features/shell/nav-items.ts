import Activity from '@lucide/svelte/icons/activity';
import Bell from '@lucide/svelte/icons/bell';
import Boxes from '@lucide/svelte/icons/boxes';
import ChartGantt from '@lucide/svelte/icons/chart-gantt';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import Gauge from '@lucide/svelte/icons/gauge';
import Rocket from '@lucide/svelte/icons/rocket';
import Search from '@lucide/svelte/icons/search';
import Settings from '@lucide/svelte/icons/settings';

/** `spare`: a phone has no room for it; “Go to” leads there. */
export const NAV_ITEMS: { href: string; label: string; icon: typeof Bell; spare?: boolean }[] = [
  { href: '/issues', label: 'Issues', icon: CircleAlert },
  { href: '/alerts', label: 'Alerts', icon: Bell },
  { href: '/traces', label: 'Traces', icon: ChartGantt, spare: true },
  { href: '/search', label: 'Search', icon: Search },
  { href: '/releases', label: 'Releases', icon: Rocket },
  { href: '/performance', label: 'Performance', icon: Gauge, spare: true },
  { href: '/projects', label: 'Projects', icon: Boxes },
  { href: '/status', label: 'Health', icon: Activity, spare: true },
  { href: '/settings', label: 'Settings', icon: Settings },
];
