// What this machine is: the device and why, memory as a picture of what fills it, the disk, and where the models lie.

import { h, icon, redraw, setText } from '../../dom.js';
import { megabytes } from '../../models/amounts.js';
import { folderMove } from './folder-move.js';

/**
 * @param {any} ctx
 * @param {any} service
 */
export function machinePane(ctx, service) {
  const { t, store, i18n } = ctx;
  const device = h('div.device');
  const bars = h('div.stack');
  const path = h('p.small.soft.path');
  const move = folderMove(ctx, service);
  const el = h('section.glass.machine', { 'aria-label': t('models.machine.title') },
    h('h2', null, t('models.machine.title')), device, bars,
    h('div.where', null, h('div.row', null, icon('folder', '-small'), h('h3.small.grow', null, t('models.machine.folder')), move.button), path, move.el));

  function update() {
    const { models } = store.get();
    if (!models) return;
    const { machine } = models;
    redraw(device, JSON.stringify([machine.device, machine.gpu]), () => deviceWords(ctx, machine));
    redraw(bars, JSON.stringify([machine.memory, machine.disk, models.resident]), () => [
      memoryBar(ctx, models), graphicsBar(ctx, models),
      bar(t('models.machine.disk'), t('models.machine.free', { size: megabytes(machine.disk.free_mb, i18n.locale()) }), []),
    ]);
    setText(path, models.folder);
    move.update();
  }

  return { el, update };
}

/**
 * @param {any} ctx
 * @param {any} machine
 */
function deviceWords({ t }, { device, gpu }) {
  if (!device) return [h('p.name', null, gpu || t('models.machine.noGpu')), h('p.small.soft', null, t('models.machine.later'))];
  const kind = { cuda: 'CUDA', mps: 'MPS', cpu: 'CPU' }[/** @type {string} */ (device.kind)] ?? device.kind;
  return [
    h('p.name', null, device.name || kind, ' ', h('span.badge.small', null, kind), ' ', h('span.badge.small', null, device.quantised || device.dtype),
      device.attention && [' ', h('span.badge.small', null, t('models.machine.attention', { name: device.attention }))]),
    h('p.small.soft', { lang: 'en' }, device.reason),
  ];
}

/**
 * On the processor, models fill the memory that other programs use too.
 * @param {any} ctx
 * @param {any} models
 */
function memoryBar(ctx, { machine, resident }) {
  const { total_mb: total, free_mb: free } = machine.memory;
  const onCard = machine.device?.kind === 'cuda';
  const own = resident.filter((/** @type {any} */ one) => (onCard ? one.state === 'parked' : true));
  return filled(ctx, ctx.t('models.machine.memory'), total, free, own);
}

/**
 * @param {any} ctx
 * @param {any} models
 */
function graphicsBar(ctx, { machine, resident }) {
  const { vram_total_mb: total, vram_free_mb: free } = machine.memory;
  if (!total) return null;
  const own = resident.filter((/** @type {any} */ one) => one.state === 'resident' && machine.device?.kind === 'cuda');
  return filled(ctx, ctx.t('models.machine.vram'), total, free ?? total, own);
}

/**
 * What each model takes is known about, so that it never draws more than what is in use.
 * @param {any} ctx
 * @param {string} name
 * @param {number} total megabytes
 * @param {number} free
 * @param {any[]} own models that lie in it
 */
function filled({ t, i18n }, name, total, free, own) {
  const used = Math.max(0, total - free);
  const asked = own.reduce((sum, one) => sum + one.memory_mb, 0);
  const scale = asked > used ? used / asked : 1;
  const titleOf = (/** @type {any} */ one) => (one.engine === 'preview' ? t('models.preview') : one.title);
  const parts = own.map((one) => ({
    kind: one.state, share: (one.memory_mb * scale) / total,
    label: one.state === 'parked' ? t('models.machine.aboutParked', { title: titleOf(one) }) : t('models.machine.about', { title: titleOf(one), size: megabytes(one.memory_mb, i18n.locale()) }),
  }));
  parts.push({ kind: 'others', share: Math.max(0, used - asked * scale) / total, label: t('models.machine.others') });
  const words = t('models.machine.of', { size: megabytes(free, i18n.locale()), total: megabytes(total, i18n.locale()) });
  return bar(name, words, parts);
}

/**
 * @param {string} name
 * @param {string} words
 * @param {{kind: string, share: number, label: string}[]} parts
 */
function bar(name, words, parts) {
  return h('div.gauge', null,
    h('div.row.-apart', null, h('h3.small', null, name), h('span.small.soft.numbers', null, words)),
    parts.length > 0 && h('div.bar', { 'aria-hidden': true }, parts.map(({ kind, share, label }) => h('i', { class: `-${kind}`, '--share': share, title: label }))),
    parts.length > 0 && h('ul.legend.small.soft', null, parts.map(({ kind, label }) => h('li', { class: `-${kind}` }, label))));
}
