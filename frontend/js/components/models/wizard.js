// From the preview voice to studio quality: what this machine can run, one click, the progress, and the first sentence.
// It can be closed at any time; everything goes on, and opening it again shows where it stands.

import { h, holdFocus, icon, redraw, setText } from '../../dom.js';
import { createModels } from '../../models/service.js';
import { wanted } from '../../models/wanted.js';
import { firstSpeaker } from '../panel-custom.js';
import { wizardOffer } from './wizard-offer.js';
import { wizardProgress } from './wizard-progress.js';

/** @typedef {'looking' | 'unreachable' | 'cannot' | 'offer' | 'progress' | 'ready'} Step */

/** @param {any} ctx */
export function openWizard(ctx) {
  const { t, store } = ctx;
  const service = (ctx.models ??= createModels(ctx));
  const page = h('div.page');
  const parts = { offer: wizardOffer(ctx, service), progress: wizardProgress(ctx, service) };
  const modal = ctx.openModal({ title: t('models.wizard.title'), body: h('div.wizard', null, page), footer: [], width: 620, className: 'studio-wizard', onClose: stop });
  /** @type {Step | ''} */
  let shown = '';

  /** @returns {Step} */
  function step() {
    const { models, catalog, modelsProblem } = store.get();
    if (!models || !catalog) return modelsProblem ? 'unreachable' : 'looking';
    const { open, failed } = service.overall();
    if (open || failed) return 'progress';
    if (!wanted(models).keys.length && studioSpeaks(catalog)) return 'ready';
    return models.recommended.length ? 'offer' : 'cannot';
  }

  const update = () => holdFocus(modal.el, draw, main);
  const main = () => /** @type {HTMLElement | null} */ (modal.footer.querySelector('.-primary') ?? modal.footer.querySelector('.button'));

  function draw() {
    const now = step();
    const again = now !== shown;
    shown = now;
    redraw(page, now, () => ({ offer: parts.offer.el, progress: parts.progress.el, ready: ready(ctx), looking: h('p.soft', null, t('common.loading')), cannot: cannot(ctx), unreachable: h('p.notice.-problem', null, icon('warn'), t('problems.unreachable.title')) })[now]);
    if (now === 'offer') parts.offer.update();
    if (now === 'progress') parts.progress.update();
    redraw(modal.footer, `${now} ${store.get().models?.offline} ${studioSpeaks(store.get().catalog)} ${service.overall().open}`, () => deeds(now));
    if (again) main()?.focus();
  }

  /** @param {Step} now */
  function deeds(now) {
    const button = (/** @type {string} */ id, /** @type {string} */ words, /** @type {() => void} */ run, look = '') => h(`button.button#${id}`, { type: 'button', class: look, onclick: run }, words);
    const later = button('wizard-later', t('models.wizard.later'), modal.close, '-plain');
    if (now === 'ready') return [button('wizard-models', t('models.wizard.models'), toModels, '-plain'), button('wizard-speak', t('models.wizard.speak'), speak, '-primary')];
    if (now === 'progress') {
      return [service.overall().open && button('wizard-stop', t('models.wizard.stop'), parts.progress.stop, '-plain'),
        !service.overall().open && button('wizard-dismiss', t('models.wizard.dismiss'), setAside, '-plain'),
        studioSpeaks(store.get().catalog) && button('wizard-speak', t('models.wizard.speak'), speak),
        service.overall().open ? button('wizard-hide', t('models.wizard.hide'), modal.close, '-primary') : button('wizard-retry', t('models.wizard.retry'), parts.progress.retry, '-primary')];
    }
    if (now === 'offer' && !store.get().models.offline) return [later, button('wizard-start', t('models.wizard.start'), parts.offer.start, '-primary')];
    return [button('wizard-models', t('models.wizard.models'), toModels)];
  }

  /** What failed is let go: no sign in the rail, and the models stay as they are. */
  function setAside() {
    modal.close();
    service.dismiss();
  }

  function toModels() {
    modal.close();
    ctx.router.go('models');
  }

  /** The first sentence in studio quality: the reader's own script where there is one. */
  function speak() {
    const { draft, catalog } = store.get();
    const text = draft.text.trim() ? draft.text : lineFor(ctx);
    const speaker = draft.speaker || firstSpeaker(catalog.speakers, ctx.i18n.locale());
    modal.close();
    ctx.auditions.stop();
    store.set({ draft: { ...draft, text, speaker, tab: 'custom' } });
    ctx.router.go('speak');
    ctx.generate({ text, voice: { kind: 'preset', speaker }, language: draft.language, stream_audio: draft.listen });
  }

  const forget = store.subscribe(update);

  function stop() {
    forget();
  }

  service.look().catch(() => {}); // said in the page
  update();
}

/** The small speakers take no instruction: their first sentence asks for no emotion. @param {any} ctx */
function lineFor({ t, store }) {
  const acts = store.get().models?.models.some((/** @type {any} */ one) => one.key === 'custom_1_7b' && one.installed);
  const line = t('models.wizard.line');
  return acts ? line : line.replace(/\[[^\]]+\]\s*/g, '');
}

/** @param {any} catalog */
function studioSpeaks(catalog) {
  return Boolean(catalog?.engine_for?.preset && catalog.engine_for.preset !== 'preview');
}

/** @param {any} ctx */
function ready({ t }) {
  return h('div.ready', null, h('span.mark', null, icon('check')), h('h3', null, t('models.wizard.ready')), h('p.soft', null, t('models.wizard.readyText')));
}

/** @param {any} ctx */
function cannot({ t, store }) {
  const { recommendation } = store.get().models;
  const words = h('span');
  setText(words, t(`models.advice.${recommendation.code}`, recommendation.params));
  return [h('h3', null, t('models.wizard.cannot')), h('p.notice.-warn', null, icon('warn'), words)];
}
