// Light, dark or as the system says; kept in this browser.

import { safeStorage } from './i18n.js';

export const THEMES = /** @type {const} */ (['system', 'light', 'dark']);

/** @returns {string} */
export function storedTheme() {
  return safeStorage().getItem('studio.theme') ?? 'system';
}

/** @param {string} theme */
export function useTheme(theme) {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  safeStorage().setItem('studio.theme', theme);
}
