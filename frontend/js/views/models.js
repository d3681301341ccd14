// The models: what speaks now, what this machine is, what lies in memory, and every model with what it gives and takes.

import { fill, h, icon } from '../dom.js';
import { problemNotice } from '../components/builder/problem-notice.js';
import { engineList } from '../components/models/engine-list.js';
import { machinePane } from '../components/models/machine-pane.js';
import { memoryPane } from '../components/models/memory-pane.js';
import { modelList } from '../components/models/model-list.js';
import { qualityPane } from '../components/models/quality-pane.js';
import { studioSet } from '../components/models/studio-set.js';
import { createModels } from '../models/service.js';

const EVERY = 3000; // milliseconds between looks at the machine: a script that is spoken changes the model in memory

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const { t, store } = ctx;
  /** @type {ReturnType<typeof createModels>} */
  const service = (ctx.models ??= createModels(ctx));
  const fault = h('div');
  const panes = [
    qualityPane(ctx, service, { openWizard: ctx.openWizard }), machinePane(ctx, service), studioSet(ctx, service),
    memoryPane(ctx, service), modelList(ctx, service), engineList(ctx),
  ];
  const [quality, machine, set, memory, list, engines] = panes.map((pane) => pane.el);
  el.classList.add('models');
  el.append(h('header', null, h('h1', null, t('nav.models')), h('button.button#models-look', { type: 'button', onclick: look }, icon('redo', '-small'), t('models.look'))),
    fault, h('div.top', null, h('div.column', null, quality, memory, set), machine), list, engines);

  async function look() {
    try {
      await Promise.all([service.look(), ctx.refresh.catalog()]);
      fill(fault);
    } catch (error) {
      fill(fault, h('div.glass', null, problemNotice(ctx, error, [{ label: t('common.retry'), run: look }])));
    }
  }

  function update() {
    panes.forEach((pane) => pane.update());
  }

  const timer = setInterval(() => { if (!document.hidden) service.look().catch(() => {}); }, EVERY); // a look that fails leaves what stood
  const stop = store.subscribe((/** @type {any} */ now, /** @type {any} */ before) => {
    if (now.models !== before.models || now.transfers !== before.transfers || now.catalog !== before.catalog) update();
  });
  look();
  return {
    update,
    unmount() {
      clearInterval(timer);
      stop();
    },
  };
}
