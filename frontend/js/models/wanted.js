// What is still to fetch for studio quality on this machine.

/**
 * @param {any} models the answer of `GET /api/models`
 * @returns {{keys: string[], bytes: number, packages: boolean}} the recommended models that are not here, what serves soonest first, and what all of it weighs
 */
export function wanted(models) {
  const missing = models.recommended.map((/** @type {string} */ key) => models.models.find((/** @type {any} */ one) => one.key === key)).filter((/** @type {any} */ one) => one && !one.installed);
  const packages = !models.studio_set.installed;
  const bytes = missing.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + Math.max(0, one.bytes - one.downloaded_bytes), 0);
  return { keys: missing.map((/** @type {any} */ one) => one.key), bytes: bytes + (packages ? models.studio_set.size_mb * 1e6 : 0), packages };
}
