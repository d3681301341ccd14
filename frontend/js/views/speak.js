// Speak: the composer at the left, the performance at the right.

import { h } from '../dom.js';
import { requestOf } from '../draft.js';
import { standsIn } from '../engines.js';
import { composer } from '../components/composer.js';
import { performance } from '../components/performance.js';

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const { store, t } = ctx;
  const left = composer(ctx);
  const right = performance(ctx, {
    onRetry: () => ctx.generate(store.get().performance.request ?? requestOf(store.get().draft), { parts: store.get().planned }),
    onExample: () => edit({ text: t('home.script') }),
  });
  el.classList.add('speak');
  el.append(h('h1.unseen', null, t('nav.speak')), left.el, right.el);
  ctx.speak = left.speak;

  /** @param {any} patch */
  function edit(patch) {
    store.set({ draft: { ...store.get().draft, ...patch } });
  }

  function update() {
    left.update();
    right.update();
  }

  const forget = store.subscribe(update);
  return {
    update,
    unmount() {
      forget();
      left.unmount();
      right.unmount();
      ctx.speak = null;
    },
  };
}

/**
 * Shows another panel; a studio that holds one large model at a time is told in good time.
 * @param {any} ctx
 * @param {import('../draft.js').Tab} tab
 */
export function switchTab({ store, api }, tab) {
  const { draft, catalog } = store.get();
  store.set({ draft: { ...draft, tab } });
  if (catalog && !standsIn(catalog, tab)) api.post('/api/switch_model', { model: tab }).catch(() => {}); // only a head start
}
