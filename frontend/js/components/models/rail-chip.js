// The way back to the wizard: a ring in the rail, there only while studio quality is on its way or got stuck.

import { h, icon, redraw, setText } from '../../dom.js';

/**
 * @param {any} ctx
 * @param {any} service
 */
export function railChip(ctx, service) {
  const sign = h('span.ring');
  const percent = h('span.numbers');
  const el = h('button.rail-chip#rail-chip', { type: 'button', hidden: true, onclick: () => ctx.openWizard() }, sign, percent);

  function update() {
    const { open, failed, progress } = service.overall();
    const share = Math.floor(progress * 100);
    el.hidden = !open && !failed;
    el.classList.toggle('-failed', failed && !open);
    sign.style.setProperty('--fill', String(progress));
    redraw(sign, failed && !open, () => icon(failed && !open ? 'warn' : 'download'));
    setText(percent, `${share} %`);
    el.setAttribute('aria-label', ctx.t('models.chip', { percent: share }));
    el.title = ctx.t('models.chip', { percent: share });
  }

  ctx.store.watch((/** @type {any} */ state) => state.transfers, update);
  ctx.i18n.onChange(update);
  update();
  return el;
}
