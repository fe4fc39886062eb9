import Activity from '@lucide/svelte/icons/activity';
import Boxes from '@lucide/svelte/icons/boxes';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import Rocket from '@lucide/svelte/icons/rocket';
import Search from '@lucide/svelte/icons/search';
import Settings from '@lucide/svelte/icons/settings';

export const NAV_ITEMS = [
  { href: '/issues', label: 'Issues', icon: CircleAlert },
  { href: '/search', label: 'Search', icon: Search },
  { href: '/releases', label: 'Releases', icon: Rocket },
  { href: '/projects', label: 'Projects', icon: Boxes },
  { href: '/status', label: 'Health', icon: Activity },
  { href: '/settings', label: 'Settings', icon: Settings },
];
