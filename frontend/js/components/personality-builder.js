// The personality builder: a dialog of three steps (who, emotions, try). Everything is saved as it happens.

import { fill, h, icon } from '../dom.js';
import { Dictation } from './builder/dictation.js';
import { Doctor } from './builder/doctor.js';
import { emotionsStep } from './builder/emotions.js';
import { learnReadings } from './builder/readings.js';
import { Session } from './builder/session.js';
import { createVoice } from './builder/sound.js';
import { tryStep } from './builder/try.js';
import { whoStep } from './builder/who.js';

/** @typedef {'who' | 'emotions' | 'try'} Step */
const STEPS = /** @type {const} */ (['who', 'emotions', 'try']);

/**
 * @param {any} ctx
 * @param {{id?: string, step?: Step | number, emotion?: string, onSaved?: (personality: any) => void}} [options] onSaved once, at the end
 */
export async function openPersonalityBuilder(ctx, { id, step, emotion, onSaved = () => {} } = {}) {
  let saved = null;
  try {
    saved = id ? await ctx.api.get(`/api/personality/${encodeURIComponent(id)}`) : null;
  } catch (error) {
    ctx.toast(ctx.explain(error).title, { kind: 'bad' });
    return null;
  }
  const session = new Session(ctx, saved);
  await learnReadings(saved?.language ?? '');
  const wanted = typeof step === 'number' ? STEPS[step - 1] : step;
  return openDialog(ctx, session, { step: wanted ?? (saved ? 'emotions' : 'who'), emotion, onSaved });
}

/**
 * @param {any} ctx
 * @param {import('./builder/session.js').Session} session
 * @param {{step: Step, emotion?: string, onSaved: (personality: any) => void}} options
 */
function openDialog(ctx, session, { step, emotion, onSaved }) {
  const voice = createVoice();
  const before = session.personality?.revision ?? 0;
  const rail = h('ol.steps', { 'aria-label': ctx.t('builder.steps.name') });
  const stage = h('div.stage');
  const state = h('p.small.soft.saved', { role: 'status' });
  const host = { step: /** @type {Step} */ ('who'), face: /** @type {any} */ (null) };
  const modal = ctx.openModal({ title: '', body: [rail, stage], width: 1120, className: 'builder', onClose: left });
  const dictation = new Dictation(ctx, session);
  const doctor = new Doctor(ctx, session);
  const stop = session.subscribe(update);

  /** @param {Step} next */
  function go(next) {
    host.face?.end?.();
    host.step = next;
    host.face = faces[next]();
    modal.el.dataset.step = next;
    fill(stage, host.face.el);
    fill(modal.footer, state, host.face.footer());
    update();
    stage.scrollTop = modal.body.scrollTop = 0;
    focusFirst(stage, rail);
  }

  const faces = {
    who: () => whoStep(ctx, session, async () => {
      await learnReadings(session.personality.language);
      go('emotions');
    }, { onSmart: () => leaveFor('smart') }),
    emotions: () => emotionsStep(ctx, session, voice, { dictation, doctor, onNext: () => go('try'), onBack: () => go('who'), onChimera: toChimera, first: emotion }),
    try: () => tryStep(ctx, session, voice, { onBack: () => go('emotions'), onSpeak: speak }),
  };

  function speak() {
    ctx.store.set((/** @type {any} */ now) => ({ draft: { ...now.draft, tab: 'base', personality: session.personality.id } }));
    leaveFor('speak');
  }

  /** @param {string} place */
  function leaveFor(place) {
    modal.close();
    ctx.router.go(place);
  }

  /** An emotion that is not recorded is made of one that is. @param {string} emotion */
  function toChimera(emotion) {
    modal.close();
    ctx.chimeraFor = { personality: session.personality.id, emotion };
    ctx.router.go('chimera');
  }

  function update() {
    dictation.look();
    doctor.tend();
    modal.setTitle(session.personality ? session.personality.name : ctx.t('builder.newTitle'));
    drawSteps(ctx, rail, session, host.step, go);
    const words = !session.personality ? 'nothing' : session.failed ? 'failed' : session.busy ? 'now' : 'all';
    state.dataset.state = words;
    const text = ctx.t(`builder.saving.${words}`);
    if (state.textContent !== text) fill(state, words === 'all' && icon('check', '-small'), h('span', null, text));
    host.face?.update();
  }

  function left() {
    host.face?.end?.();
    voice.stop();
    stop();
    dictation.end();
    doctor.end();
    if (session.personality && (session.busy || session.personality.revision !== before)) tellWhenSettled();
  }

  /** What is on its way is let finish; then the page learns of it. */
  function tellWhenSettled() {
    onSaved(session.personality);
    if (!session.busy) return;
    const off = session.subscribe(() => {
      if (session.busy) return;
      off();
      onSaved(session.personality);
      if (session.failed) ctx.toast(ctx.t('builder.saving.lost', { name: session.personality.name }), { kind: 'bad' });
    });
  }

  go(step);
  return modal;
}

/**
 * The one thing to do next in a step: type the name, record, or hear.
 * @param {Element} stage
 * @param {Element} rail
 */
function focusFirst(stage, rail) {
  const wishes = ['[autofocus]', '.offer .record', '.slot [aria-pressed=true]', '.try-row button'].flatMap((wish) => [...stage.querySelectorAll(wish)]);
  const seen = /** @type {HTMLElement | undefined} */ (wishes.find((el) => /** @type {HTMLElement} */ (el).offsetParent !== null));
  (seen ?? /** @type {HTMLElement | null} */ (rail.querySelector('[aria-current]')))?.focus();
}

/**
 * @param {any} ctx
 * @param {Element} rail
 * @param {import('./builder/session.js').Session} session
 * @param {Step} current
 * @param {(step: Step) => void} go
 */
function drawSteps(ctx, rail, session, current, go) {
  const recorded = Object.keys(session.personality?.emotions ?? {}).length;
  const open = { who: true, emotions: Boolean(session.personality), try: recorded > 0 };
  const key = `${current} ${open.emotions} ${open.try}`;
  if (/** @type {HTMLElement} */ (rail).dataset.key === key) return;
  /** @type {HTMLElement} */ (rail).dataset.key = key;
  const held = rail.contains(document.activeElement);
  fill(rail, STEPS.map((step, i) => h('li', null, h('button.step', {
    type: 'button', disabled: !open[step], 'aria-current': step === current ? 'step' : null, onclick: () => step !== current && go(step),
  }, h('span.number.numbers', null, String(i + 1)), h('span', null, ctx.t(`builder.steps.${step}`))))));
  if (held) /** @type {HTMLElement | null} */ (rail.querySelector('[aria-current]'))?.focus();
}
