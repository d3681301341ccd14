// Fetched once the page stands: the models' service, and the chip that leads back to the wizard.

import { sheet } from '../dom.js';
import { railChip } from '../components/models/rail-chip.js';
import { createModels } from './service.js';

/** @param {any} ctx */
export async function startModels(ctx) {
  const service = (ctx.models ??= createModels(ctx));
  await sheet('/ui/css/rail-chip.css');
  ctx.railChip = railChip(ctx, service);
  document.querySelector('#rail .foot')?.prepend(ctx.railChip);
  await service.look().catch(() => {}); // the models view says what is wrong
}

/** @param {any} ctx */
export async function showWizard(ctx) {
  await sheet('/ui/css/models-lazy.css');
  const { openWizard } = await import('../components/models/wizard.js');
  openWizard(ctx);
}
