// Something asked of the studio by a button: what goes wrong is shown beside it, with the way to try again.

import { fill, h } from '../../dom.js';
import { problemNotice } from '../builder/problem-notice.js';

/** @param {any} ctx */
export function attempts(ctx) {
  const el = h('div.fault');

  /** @param {() => Promise<any>} ask @returns {Promise<boolean>} whether it went well */
  async function attempt(ask) {
    fill(el);
    try {
      await ask();
      return true;
    } catch (error) {
      fill(el, problemNotice(ctx, error, [{ label: ctx.t('common.retry'), run: () => attempt(ask) }]));
      return false;
    }
  }

  return { el, attempt };
}
