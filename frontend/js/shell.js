// The frame of the page: rail, places, the home page, and the change between them. Views do the rest.

import { problemNotice } from './components/notices.js';
import { fill, find, h, icon, sheet } from './dom.js';

export const PLACES = /** @type {const} */ (['speak', 'voices', 'transcribe', 'models', 'history', 'settings', 'smart', 'chimera', 'connect']);
const IN_RAIL = ['speak', 'voices', 'transcribe', 'models', 'history', 'connect'];
/** Places without a sign of their own in the rail, and whose sign is lit there. */
const UNDER = /** @type {Record<string, string>} */ ({ smart: 'voices', chimera: 'voices' });
const VISITED = 'studio.visited';

/** @typedef {{update(): void, unmount?(): void}} View */

/** @type {Record<string, () => Promise<{mount: (el: HTMLElement, ctx: any) => View}>>} */
const VIEWS = {
  speak: () => import('./views/speak.js'),
  voices: () => import('./views/voices.js'),
  transcribe: () => import('./views/transcribe.js'),
  smart: () => import('./views/smart.js'),
  chimera: () => import('./views/chimera.js'),
  models: () => import('./views/models.js'),
  history: () => import('./views/history.js'),
  settings: () => import('./views/settings.js'),
  connect: () => import('./views/connect.js'),
};

/**
 * @param {any} ctx
 * @param {(el: HTMLElement, ctx: any) => View} setupHomepage
 */
export function createShell(ctx, setupHomepage) {
  const [home, app, main] = ['#homepage', '#main-app', '#main'].map((selector) => find(selector));
  /** @type {View | null} */
  let view = null;
  let shown = '';
  let visit = 0;

  /** @param {string} place */
  async function show(place) {
    const wanted = place || (ctx.storage.getItem(VISITED) && location.hash !== '#home' ? 'speak' : '');
    const mine = (visit += 1);
    const mount = wanted ? await viewOf(ctx, wanted) : setupHomepage;
    if (mine !== visit) return; // a later wish came meanwhile
    const arrived = shown !== (wanted || 'home');
    shown = wanted || 'home';
    ctx.store.set({ place: wanted });
    if (wanted) ctx.storage.setItem(VISITED, 'yes');
    document.querySelector('#splash')?.remove();
    home.hidden = Boolean(wanted);
    app.hidden = !wanted;
    change(mount, wanted ? main : home, arrived);
    drawRail(ctx, wanted);
    document.title = [wanted && ctx.t(`nav.${wanted}`), ctx.t('home.name')].filter(Boolean).join(' · ');
  }

  /**
   * @param {(el: HTMLElement, ctx: any) => View} mount
   * @param {HTMLElement} host
   * @param {boolean} arrived false where the same place is drawn anew, in another language
   */
  function change(mount, host, arrived) {
    const focused = document.activeElement?.id;
    view?.unmount?.();
    const el = h('div.view', { class: arrived ? 'slide-up' : '' });
    fill(host === home ? main : home);
    fill(host, el);
    view = mount(el, ctx);
    view.update();
    if (arrived) scrollTo(0, 0);
    else if (focused) document.getElementById(focused)?.focus();
  }

  find('#skip-link').addEventListener('click', skip);
  ctx.i18n.onChange(() => {
    sayLanguage(ctx);
    show(ctx.store.get().place);
  });
  sayLanguage(ctx);
  return { show };
}

/** The hash is the place, not an anchor. @param {Event} event */
function skip(event) {
  event.preventDefault();
  find('main:not([hidden], [hidden] *)').focus();
}

/** @param {any} ctx */
function sayLanguage({ i18n, t }) {
  document.documentElement.lang = i18n.locale();
  find('#skip-link').textContent = t('nav.skip');
}

/**
 * @param {any} ctx
 * @param {string} place
 * @returns {Promise<(el: HTMLElement, ctx: any) => View>} one that tells what is wrong, where the studio no longer sends the view
 */
async function viewOf(ctx, place) {
  try {
    const [view] = await Promise.all([VIEWS[place](), place !== 'speak' && sheet('/ui/css/places.css')]);
    return view.mount;
  } catch {
    const problem = { code: 'unreachable' };
    return (el) => {
      el.append(problemNotice(ctx, problem, () => location.reload()));
      return { update() {} };
    };
  }
}

/**
 * @param {any} ctx
 * @param {string} current
 */
function drawRail(ctx, current) {
  const { t } = ctx;
  const rail = find('#rail');
  rail.setAttribute('aria-label', t('nav.places'));
  const focused = document.activeElement?.id;
  fill(rail,
    h('a.mark', { href: '#home', 'aria-label': t('nav.home'), title: t('nav.home') }, icon('mark')),
    IN_RAIL.map((place) => placeLink(ctx, place, current)),
    h('div.foot', null, ctx.railChip, placeLink(ctx, 'settings', current)));
  if (focused?.startsWith('nav-')) document.getElementById(focused)?.focus();
}

/**
 * @param {any} ctx
 * @param {string} place
 * @param {string} current
 */
function placeLink({ t }, place, current) {
  return h(`a.place#nav-${place}`, { href: `#${place}`, 'aria-current': place === (UNDER[current] ?? current) ? 'page' : null },
    h('span.bubble', null, icon(place)), h('span', null, t(`nav.${place}`)));
}
