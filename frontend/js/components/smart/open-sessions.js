// Recordings that were begun in any browser: how old, how far, and the ways to go on or to drop them.

import { clock } from '../../audio/time.js';
import { fill, h, icon } from '../../dom.js';

const UNDO = 12; // seconds in which what was dropped can come back
const STEPS = /** @type {const} */ ([['day', 86_400], ['hour', 3600], ['minute', 60]]); // seconds of each

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../smart-room.js').createSmartRoom>} room
 * @param {{onOpened: () => void, onEmpty: () => void}} ways where the focus goes: into what was opened, or elsewhere when no row is left
 */
export function openSessions(ctx, room, { onOpened, onEmpty }) {
  const { t } = ctx;
  const list = h('ul');
  const fault = h('p.field-error', { role: 'alert', hidden: true });
  const el = h('section.open-sessions', { hidden: true, 'aria-label': t('smart.open.title') }, h('h2', null, t('smart.open.title')), list, fault);
  /** @type {{sessions: import('../../smart-room.js').Open[], jobs: import('../../smart-room.js').Cutting[]}} */
  let found = { sessions: [], jobs: [] };
  let drawn = '';

  async function refresh() {
    const now = await room.open().catch(() => null);
    if (!now || !el.isConnected) return;
    found = now;
    draw();
  }

  /** What was dropped is not shown while it can come back. */
  const staying = () => found.sessions.filter(({ session }) => !room.leaving.has(session));
  const namesOf = () => staying().map(({ session }) => session).join(' ');

  function draw() {
    fill(list, found.jobs.map(cutting), staying().map(row));
    el.hidden = !list.children.length;
    drawn = namesOf();
  }

  /** Draws anew only where something went or came back: who stands on a button stays there. */
  function update() {
    if (namesOf() !== drawn) draw();
  }

  /** @param {import('../../smart-room.js').Open} one */
  function row(one) {
    const name = one.name || t('smart.open.unnamed');
    const facts = [age(one.created, ctx.i18n.locale()), clock(one.duration), t('smart.found', { count: one.clips }), t(one.sorted ? 'smart.open.sorted' : 'smart.open.proposed', { count: one.placed })];
    return h('li.row', { dataset: { session: one.session } }, words(name, facts),
      h('button.button.-small.go-on', { type: 'button', 'aria-label': `${t('smart.open.goOn')}: ${name}`, onclick: () => attempt(() => room.goOn(one.session)) }, t('smart.open.goOn')),
      h('button.button.-plain.-round.-small.drop', { type: 'button', title: t('smart.open.drop'), 'aria-label': `${t('smart.open.drop')}: ${name}`, onclick: () => drop(one.session) }, icon('trash', '-small')));
  }

  /** @param {import('../../smart-room.js').Cutting} job */
  function cutting(job) {
    const name = job.name || t('smart.open.unnamed');
    const share = new Intl.NumberFormat(ctx.i18n.locale(), { style: 'percent' }).format(job.progress ?? 0);
    return h('li.row', { dataset: { job: job.id } }, words(name, [age(job.created, ctx.i18n.locale()), t('smart.open.cutting', { share })]),
      h('button.button.-small.go-on', { type: 'button', 'aria-label': `${t('smart.open.watch')}: ${name}`, onclick: () => attempt(() => room.watch(job.id)) }, t('smart.open.watch')));
  }

  /** @param {() => Promise<void>} work */
  async function attempt(work) {
    fault.hidden = true;
    try {
      await work();
      onOpened();
    } catch (problem) {
      const said = ctx.explain(problem);
      fault.textContent = [said.title, said.detail, said.hint].filter(Boolean).join(' ');
      fault.hidden = false;
      refresh();
    }
  }

  /** @param {string} session */
  function drop(session) {
    room.leaving.drop(session, UNDO);
    ctx.toast(t('smart.open.dropped'), { seconds: UNDO, action: { label: t('common.undo'), run: () => room.leaving.keep(session) } });
    const next = /** @type {HTMLElement | null} */ (list.querySelector('.go-on'));
    if (next) next.focus();
    else onEmpty();
  }

  return { el, refresh, update };
}

/** @param {string} name @param {string[]} facts */
function words(name, facts) {
  return h('div.grow', null, h('p.clip.name', { title: name }, name), h('p.small.soft', null, facts.join(' · ')));
}

/**
 * @param {string} created ISO
 * @param {string} locale
 * @param {number} [now] milliseconds
 */
export function age(created, locale, now = Date.now()) {
  const seconds = Math.max(0, (now - Date.parse(created)) / 1000);
  const told = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const step = STEPS.find(([, size]) => seconds >= size);
  return step ? told.format(-Math.floor(seconds / step[1]), step[0]) : told.format(0, 'minute');
}
