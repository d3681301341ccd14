// The voice stands: what it can do now, and what comes next.

import { h, icon } from '../../dom.js';
import { inOrder } from '../../emotion-order.js';
import { emotionPill } from '../emotion-pill.js';
import { voiceFace } from '../voice-card.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../smart-room.js').createSmartRoom>} room
 * @param {any} record the personality
 * @param {() => void} onBack to the board
 */
export function madeVoice(ctx, room, record, onBack) {
  const { t } = ctx;
  const names = inOrder(Object.keys(record.emotions), ctx.store.get().catalog?.emotions ?? []);

  function speak() {
    ctx.store.set((/** @type {any} */ now) => ({ draft: { ...now.draft, tab: 'base', personality: record.id } }));
    ctx.router.go('speak');
  }

  const first = h('button.button.-primary.-large#smart-speak', { type: 'button', onclick: speak }, icon('speak'), t('builder.try.speak', { name: record.name }));
  queueMicrotask(() => first.focus());
  return h('section.glass.made', { role: 'status' }, voiceFace(record.name), h('h2', null, t('smart.made.title', { name: record.name })), h('p.soft', null, t('voices.emotions', { count: names.length })),
    h('div.chips', null, names.map((name) => emotionPill(ctx, name))), first,
    h('div.row.-wrap', null, h('button.button', { type: 'button', onclick: () => ctx.buildPersonality({ id: record.id }) }, icon('mic', '-small'), t('smart.made.refine')),
      h('a.button', { href: '#voices' }, icon('voices', '-small'), t('nav.voices')), h('button.button.-plain', { type: 'button', onclick: onBack }, t('builder.back'))));
}
