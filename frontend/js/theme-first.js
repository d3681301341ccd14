// Runs before the first paint (no module, no import), so that a chosen theme does not flash.
try {
  const chosen = localStorage.getItem('studio.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // storage is forbidden: the system's theme it is
}
