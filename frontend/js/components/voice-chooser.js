// Three ways to a voice, behind tabs: saved ones, preset speakers, a description.

import { h } from '../dom.js';
import { panelBase } from './panel-base.js';
import { panelCustom } from './panel-custom.js';
import { panelDesign } from './panel-design.js';
import { tabs } from './tabs.js';

/**
 * @param {any} ctx
 * @param {{edit: (patch: any) => void, insertTag: (emotion: string) => void}} props
 */
export function voiceChooser(ctx, { edit, insertTag }) {
  const { t } = ctx;
  const panels = { base: panelBase(ctx, { edit, insertTag }), custom: panelCustom(ctx, { edit }), design: panelDesign(ctx, { edit }) };
  const holders = Object.fromEntries(Object.entries(panels).map(([name, panel]) => [name, h('div.panel', null, panel.el)]));
  const chooser = tabs({
    label: t('speak.voice'),
    onChange: (name) => ctx.switchTab(name),
    tabs: [
      { name: 'base', label: t('speak.base'), icon: 'mic', panel: holders.base },
      { name: 'custom', label: t('speak.custom'), icon: 'user', panel: holders.custom },
      { name: 'design', label: t('speak.design'), icon: 'describe', panel: holders.design },
    ],
  });

  function update() {
    chooser.update(ctx.store.get().draft.tab);
    Object.values(panels).forEach((panel) => panel.update());
  }

  return { parts: [chooser.el, ...Object.values(holders)], update, unmount: () => Object.values(panels).forEach((panel) => panel.unmount()) };
}
