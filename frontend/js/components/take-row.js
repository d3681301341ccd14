// One take of the history: play, what was said, its waveform in the colours of its emotions, and what can be done with it.

import { lengthOf } from '../audio/time.js';
import { drawWaveform, emotionColours } from '../audio/waveform.js';
import { fill, h, icon, setText } from '../dom.js';
import { reuse } from '../reuse.js';
import { FILES, fileAddress } from './player-menus.js';
import { attachPopup } from './popup.js';
import { verificationBadge } from './verification-badge.js';
import { summaryOf } from '../verification.js';

/**
 * @param {any} ctx
 * @param {any} first
 * @param {{change: (take: any, change: any) => Promise<void>, remove: (take: any) => Promise<void>}} actions
 */
export function takeRow(ctx, first, actions) {
  const { t } = ctx;
  let take = first;
  const play = h('button.button.-round.play', { type: 'button', onclick: toggle });
  const title = h('p.title.clip');
  const about = h('p.small.soft.clip');
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas', { 'aria-hidden': true }));
  const length = h('span.small.soft.numbers.length');
  const star = h('button.button.-plain.-round.star', { type: 'button', onclick: () => attempt(() => actions.change(take, { starred: !take.starred })) }, icon('star'));
  const again = h('button.button.-small.-plain.again', { type: 'button', onclick: () => useAgain(ctx, take) }, icon('redo', '-small'), h('span', null, t('history.reuse')));
  const fault = h('p.field-error.fault', { role: 'alert', hidden: true });
  const checked = verificationBadge(ctx, { report: () => reportOf(ctx, take), className: '-take' });
  const more = rowMenu(ctx, () => take, () => attempt(() => actions.remove(take)));
  const el = h('li.take-row', null, play, h('div.words', null, title, h('div.row.about-row', null, about, checked.button)), canvas, length, again, star, more, fault, checked.panel);

  const isCurrent = () => ctx.player.current?.id === take.id;

  function toggle() {
    if (isCurrent()) ctx.player.toggle();
    else ctx.player.load(take, { autoplay: true });
  }

  /** @param {() => Promise<void>} work */
  async function attempt(work) {
    try {
      await work();
      fault.hidden = true;
    } catch (error) {
      const said = ctx.explain(error);
      fault.textContent = [said.title, said.detail, said.hint].filter(Boolean).join(' ');
      fault.hidden = false;
    }
  }

  function draw() {
    const colour = (/** @type {string} */ name) => ctx.emotion(name).colour;
    drawWaveform(canvas, { peaks: take.peaks ?? [], bar: 2, gap: 2, colours: emotionColours(take.segments ?? [], take.duration, colour) });
  }
  new ResizeObserver(draw).observe(canvas);

  /** @param {any} [next] */
  function update(next = take) {
    take = next;
    const playing = isCurrent() && ctx.player.playing;
    const words = take.title || spokenText(take);
    setText(title, words);
    title.title = spokenText(take);
    setText(about, aboutWords(ctx, take));
    setText(length, lengthOf(take.duration));
    el.classList.toggle('-current', isCurrent());
    if (play.dataset.playing !== String(playing)) fill(play, icon(playing ? 'pause' : 'play'));
    play.dataset.playing = String(playing);
    play.setAttribute('aria-label', t(playing ? 'history.pause' : 'history.play', { title: words }));
    const { standing, redone, doubtful } = summaryOf(take);
    const found = doubtful ? t('verify.summary.doubtful', { count: doubtful }) : redone ? t('verify.summary.redone', { count: redone }) : t('verify.summary.good');
    checked.update(standing, standing === 'good' ? '' : found, found);
    star.setAttribute('aria-pressed', String(Boolean(take.starred)));
    star.setAttribute('aria-label', t('history.star', { title: words }));
    again.setAttribute('aria-label', `${t('history.reuse')}: ${words}`);
    draw();
  }

  update();
  return { el, update, focus: () => play.focus() };
}

/**
 * What was found in the take; a line of it unfolds beneath.
 * @param {any} ctx
 * @param {any} take
 */
async function reportOf(ctx, take) {
  const { lineReport, takeReport } = await import('./verification-report.js');
  const line = h('div.of-line', { role: 'status' });
  /** @param {number} index */
  const show = (index) => fill(line, h('p.small', null, h('strong', null, ctx.t('verify.line', { count: index + 1 }))), h('q.small', null, take.segments[index].text), lineReport(ctx, take.segments[index], { redo: null }));
  return h('div', null, takeReport(ctx, take, { show }), line);
}

/** @param {any} take */
function spokenText(take) {
  return (take.segments ?? []).map((/** @type {any} */ one) => one.text).join(' ') || take.text || '';
}

/**
 * @param {any} ctx
 * @param {any} take
 */
function aboutWords({ i18n, store, emotion, t }, take) {
  const signs = [...new Set((take.segments ?? []).map((/** @type {any} */ one) => emotion(one.emotion || 'neutral').emoji))].slice(0, 6).join('');
  const voices = [...new Set((take.segments ?? []).map((/** @type {any} */ one) => one.voice).filter(Boolean))].join(', ');
  const engine = take.engine === 'preview' ? t('models.preview') : store.get().catalog?.engines.find((/** @type {any} */ one) => one.name === take.engine)?.title ?? take.engine;
  const made = new Date(take.created);
  const time = Number.isNaN(made.getTime()) ? '' : new Intl.DateTimeFormat(i18n.locale(), { hour: '2-digit', minute: '2-digit' }).format(made);
  return [signs, time, voices, engine].filter(Boolean).join(' · ');
}

/**
 * @param {any} ctx
 * @param {any} take
 */
function useAgain(ctx, take) {
  const typed = ctx.store.get().draft.text.trim();
  const undo = reuse(ctx, take.request, take.text);
  if (typed) ctx.toast(ctx.t('history.reused'), { seconds: 6, action: { label: ctx.t('common.undo'), run: undo } });
}

/**
 * @param {any} ctx
 * @param {() => any} take
 * @param {() => void} remove
 */
function rowMenu(ctx, take, remove) {
  const button = h('button.button.-plain.-round', { type: 'button', 'aria-label': ctx.t('history.more') }, icon('more'));
  const menu = h('div.menu.glass.-raised', { role: 'menu', 'aria-label': ctx.t('history.more') });
  attachPopup(button, menu, {
    onOpen: () => fill(menu,
      h('button.menu-item', { role: 'menuitem', type: 'button', onclick: () => useAgain(ctx, take()) }, icon('redo'), ctx.t('history.reuse')),
      h('p.menu-heading', { role: 'presentation' }, ctx.t('player.download')),
      h('div.formats', { role: 'presentation' }, FILES.map((ext) => h('a.format', { role: 'menuitem', href: fileAddress(take().id, ext), download: '', title: ctx.t(`player.formats.${ext}`) }, ext))),
      h('button.menu-item.-danger', { role: 'menuitem', type: 'button', onclick: remove }, icon('trash'), ctx.t('common.delete'))),
  });
  return h('div.more-menu', null, button, menu);
}
