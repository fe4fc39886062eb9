export type Theme = 'system' | 'light' | 'dark';

const STORED_AS = 'lighttrace-theme';

function stored(): Theme {
  try {
    const value = localStorage.getItem(STORED_AS);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

/** Follows the system until somebody chooses; `public/theme.js` applies the choice before the first paint. */
class ThemeChoice {
  chosen = $state<Theme>(stored());

  choose(theme: Theme) {
    this.chosen = theme;
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      if (theme === 'system') localStorage.removeItem(STORED_AS);
      else localStorage.setItem(STORED_AS, theme);
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page.
    }
  }
}

export const theme = new ThemeChoice();
