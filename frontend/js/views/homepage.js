// The first visit: what this is, three ways to a voice, and a prepared script one press away from the first sound.

import { fill, h, icon, redraw } from '../dom.js';
import { isBusy } from '../performance.js';
import { auditionButton } from '../components/audition-button.js';
import { problemNotice } from '../components/notices.js';
import { qualityLine } from '../components/quality-line.js';
import { progressBlocks } from '../components/progress-blocks.js';
import { scriptVocabulary } from '../script-vocabulary.js';
import { scriptMirror } from '../components/script-mirror.js';
import { tokens } from '../script-tokens.js';

const SPEAKER = 'Ryan';
const WAYS = /** @type {const} */ ([
  { id: 'clone', tab: 'base', icon: 'mic', voice: { kind: 'preset', speaker: 'Serena' } },
  { id: 'preset', tab: 'custom', icon: 'user', voice: { kind: 'preset', speaker: 'Aiden' } },
  { id: 'design', tab: 'design', icon: 'describe', voice: null },
]);

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function setupHomepage(el, ctx) {
  const { t, store } = ctx;
  const cards = WAYS.map((way) => wayCard(ctx, way));
  const stage = prepared(ctx);
  const quality = qualityLine(ctx);
  el.classList.add('home');
  el.append(
    h('header.hero', null, h('span.mark', null, icon('mark')), h('div', null, h('h1', null, t('home.name')), h('p.soft', null, t('home.sentence'))),
      h('a.button.-plain', { href: '#speak' }, t('home.open'), icon('arrow-right', '-small'))),
    h('div.ways', null, cards.map((card) => card.el)), stage.el,
    h('footer.row.-wrap', null, quality.el, quality.button, h('a.button.-small.-plain', { href: '#models' }, t('home.models'))));

  function update() {
    stage.update();
    cards.forEach((card) => card.update());
    quality.update();
  }

  const forget = store.subscribe(update);
  ctx.speak = stage.speak;
  return { update, unmount() { forget(); cards.forEach((card) => card.unmount()); ctx.speak = null; } };
}

/**
 * One way to a voice. Resting on it lets it be heard, once the page was touched; its button always.
 * @param {any} ctx
 * @param {typeof WAYS[number]} way
 */
function wayCard(ctx, way) {
  const { t, i18n } = ctx;
  const sample = () => ({ text: t(`home.${way.id}.line`), voice: way.voice ?? { kind: 'designed', description: t('design.example.sailor.words') }, language: i18n.locale() });
  const play = auditionButton(ctx, { sample, label: t('home.hear', { name: t(`home.${way.id}.title`) }) });
  const open = h(`button.choose#home-${way.id}`, { type: 'button', 'aria-label': t(`home.${way.id}.title`), onclick: () => { ctx.auditions.stop(); ctx.switchTab(way.tab); ctx.router.go('speak'); } });
  const el = h('article.way.glass', { onpointerenter: hover, onpointerleave: ctx.auditions.stop }, open,
    h('div.row.-apart', null, icon(way.icon, '-large'), play.el), h('h2', null, t(`home.${way.id}.title`)), h('p.soft', null, t(`home.${way.id}.text`)));
  open.addEventListener('focus', hover);
  open.addEventListener('blur', ctx.auditions.stop);

  function hover() {
    if (navigator.userActivation?.hasBeenActive && !isBusy(ctx.store.get().performance) && !ctx.player.playing) ctx.auditions.play(sample()).catch(() => {}); // pressing says what is wrong
  }

  return { el, update: play.update, unmount: play.unmount };
}

/** @param {any} ctx */
function prepared(ctx) {
  const { t, store } = ctx;
  const mirror = scriptMirror(ctx);
  const text = t('home.script');
  const button = h('button.button.-primary.-large#home-speak', { type: 'button', onclick: speak });
  const blocks = progressBlocks(ctx);
  const status = h('p.small.soft', { role: 'status', 'aria-live': 'polite' });
  const fault = h('div');
  const onward = h('a.button#home-onward', { href: '#speak', onclick: keepScript }, t('home.onward'), icon('arrow-right', '-small'));
  const el = h('section.prepared.glass', { 'aria-label': t('home.prepared') },
    mirror.el, h('p.unseen', null, text), fault, h('div.deeds', null, button, onward, h('div.grow', null, blocks.el, status)));

  function speak() {
    if (isBusy(store.get().performance)) return;
    ctx.auditions.stop();
    keepScript();
    ctx.generate({ text, voice: { kind: 'preset', speaker: SPEAKER }, language: ctx.i18n.locale(), stream_audio: store.get().draft.listen });
  }

  function keepScript() {
    const { draft } = store.get();
    store.set({ draft: { ...draft, text: draft.text || text, speaker: draft.speaker || SPEAKER } });
  }

  function update() {
    const { performance } = store.get();
    mirror.draw(text, tokens(text, scriptVocabulary(store.get())));
    const busy = isBusy(performance);
    const spoken = performance.status === 'done';
    button.setAttribute('aria-disabled', String(busy)); // `disabled` would drop the focus
    fill(button, icon(busy ? 'mark' : spoken ? 'redo' : 'play'), t(busy ? 'speak.speaking' : spoken ? 'home.again' : 'home.speak'));
    button.classList.toggle('-primary', !spoken);
    onward.classList.toggle('-primary', spoken);
    onward.classList.toggle('-large', spoken);
    onward.hidden = !spoken;
    blocks.el.hidden = !busy;
    blocks.update(performance);
    const failed = performance.status === 'failed' ? performance.problem : null;
    redraw(fault, failed, () => failed && problemNotice(ctx, failed, speak));
    status.textContent = spoken && performance.take?.engine === 'preview' ? t('home.spoken') : '';
  }

  return { el, update, speak };
}
