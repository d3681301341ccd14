// Table of contents: makes the context, wires the parts, shows the place of the address. What a part does is in its file.

import { createAuditions } from './js/audition.js';
import { createContext } from './js/context.js';
import { EMPTY_DRAFT, loadDraft, saveDraft } from './js/draft.js';
import { createGeneration } from './js/generation.js';
import { setupKeys } from './js/keys.js';
import { IDLE } from './js/performance.js';
import { createRouter } from './js/router.js';
import { PLACES, createShell } from './js/shell.js';
import { find, sheet } from './js/dom.js';
import { safeStorage } from './js/i18n.js';
import { playerDock } from './js/components/player-dock.js';
import { setupHomepage } from './js/views/homepage.js';
import { switchTab } from './js/views/speak.js';

/**
 * The personality builder: a dialog that any view opens, fetched when it is first wanted.
 * @param {any} ctx
 */
function setupPersonalityBuilder(ctx) {
  return async (options = {}) => {
    const [{ openPersonalityBuilder }] = await Promise.all([import('./js/components/personality-builder.js'), sheet('/ui/css/builder.css')]);
    openPersonalityBuilder(ctx, { onSaved: () => ctx.refresh.personalities(), ...options });
  };
}

/** What only becomes of use once the page stands: models, their wizard, and the sign of a download in the rail. @param {any} ctx */
function setupModels(ctx) {
  const late = () => import('./js/models/start.js');
  ctx.openWizard = async () => (await late()).showWizard(ctx);
  return async () => (await late()).startModels(ctx);
}

async function start() {
  const ctx = /** @type {any} */ (await createContext({ draft: loadDraft(safeStorage()) ?? EMPTY_DRAFT, performance: IDLE }));
  ctx.player = playerDock(find('#player'), ctx);
  const { generate, redo, cancel, resume } = createGeneration(ctx);
  Object.assign(ctx, { generate, redo, cancel, auditions: createAuditions(ctx), buildPersonality: setupPersonalityBuilder(ctx) });
  const watchModels = setupModels(ctx);
  const shell = createShell(ctx, setupHomepage);
  ctx.router = createRouter(PLACES, shell.show);
  ctx.switchTab = (/** @type {import('./js/draft.js').Tab} */ tab) => switchTab(ctx, tab);
  ctx.store.watch((/** @type {any} */ state) => state.draft, (/** @type {any} */ draft) => saveDraft(ctx.storage, draft));
  setupKeys(ctx);
  await shell.show(ctx.router.current());
  await learn(ctx);
  resume();
  await watchModels();
}

/**
 * The facts of the studio; while it does not answer, views say so and try again.
 * @param {any} ctx
 */
async function learn(ctx) {
  await Promise.all([ctx.refresh.catalog(), ctx.refresh.personalities()]).catch((error) => {
    ctx.store.set({ problem: error });
    setTimeout(learn, 3000, ctx);
  });
}

start();
