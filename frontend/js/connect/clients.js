// What each program has to be told to speak with this studio: pure, from the form to fields and lines of code.
// Labels and menus are written as the programs themselves write them.

/**
 * @typedef {{origin: string, host: string, voice: string, described: string, language: string, format: string, speed: number, text: string,
 *   keyNeeded: boolean, key: string, wyoming: {tts_port: number, asr_port: number}}} Form
 *   voice: a name that programs use; '' where the voice is only described. key: as it is shown; a placeholder unless asked for
 * @typedef {{label: string, value: string}} Field
 * @typedef {'speech' | 'voices' | 'transcription' | 'deepgram' | 'wyoming-speech' | 'wyoming-listening'} Check
 * @typedef {{name: string, title: string, icon: string, menus?: string, isOff?: string, parts: {title?: string, fields: Field[]}[],
 *   code?: {language: string, text: string}, checks: Check[], needsName: boolean}} Client
 *   isOff: the command that switches on what the program needs
 */

export const TTS_PORT = 10200;
export const ASR_PORT = 10300;
const MODEL = 'tts-1';
const LISTENS = 'whisper-1';
export const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]']);
const NAMELESS = 'NAME_OF_A_VOICE'; // stands where a name must, while the voice has none
/** Stands where a key must, while it is not shown. */
export const HIDDEN_KEY = 'YOUR_KEY';
/** Formats of the page → formats of OpenAI's address. */
const OF_OPENAI = /** @type {Record<string, string>} */ ({ ogg: 'opus' });

/** @param {Form} form @returns {Client[]} */
export function clients(form) {
  return [openWebUi(form), sillyTavern(form), homeAssistant(form), liveKit(form), pipecat(form), curl(form), python(form), javaScript(form)];
}

/**
 * The body of a speech request in OpenAI's words; what is as usual is left out.
 * @param {Form} form
 * @returns {Record<string, string | number>}
 */
export function speechBody(form) {
  return {
    model: MODEL,
    ...(form.voice ? { voice: form.voice } : { task_type: 'VoiceDesign', instructions: form.described }),
    input: form.text,
    response_format: formatOf(form),
    ...extras(form),
  };
}

/**
 * The same for a caller that keeps the sound as a file: a WAV that is streamed does not know its length.
 * @param {Form} form
 * @returns {Record<string, string | number | boolean>}
 */
function keptBody(form) {
  return { ...speechBody(form), ...(formatOf(form) === 'wav' ? { stream: false } : {}) };
}

/** @param {Form} form */
export function formatOf(form) {
  return OF_OPENAI[form.format] ?? form.format;
}

/** @param {Form} form @returns {Record<string, string | number>} */
function extras({ language, speed }) {
  return { ...(language === 'auto' ? {} : { language }), ...(speed === 1 ? {} : { speed }) };
}

/** @param {Form} form @returns {Client} */
function openWebUi(form) {
  const parameters = { response_format: formatOf(form), ...extras(form) };
  return {
    name: 'open-webui', title: 'Open WebUI', icon: 'globe', menus: 'Admin Panel → Settings → Audio', needsName: true,
    parts: [
      { title: 'Text-to-Speech', fields: [
        field('Text-to-Speech Engine', 'OpenAI'), field('API Base URL', `${form.origin}/v1`), field('API Key', form.key),
        field('TTS Voice', form.voice), field('TTS Model', MODEL), field('Additional Parameters', JSON.stringify(parameters)),
      ] },
      { title: 'Speech-to-Text', fields: [
        field('Speech-to-Text Engine', 'OpenAI'), field('API Base URL', `${form.origin}/v1`), field('API Key', form.key), field('STT Model', LISTENS),
      ] },
    ],
    checks: ['speech', 'voices', 'transcription'],
  };
}

/** @param {Form} form @returns {Client} */
function sillyTavern(form) {
  return {
    name: 'sillytavern', title: 'SillyTavern', icon: 'user', menus: 'Extensions → TTS', needsName: true,
    parts: [{ fields: [
      field('Select TTS Provider', 'OpenAI Compatible'), field('Provider Endpoint', `${form.origin}/v1/audio/speech`), field('API Key', form.key),
      field('Model', MODEL), field('Available Voices', form.voice), field('Speed', String(form.speed)),
    ] }],
    checks: ['speech'],
  };
}

/** @param {Form} form @returns {Client} */
function homeAssistant(form) {
  const { tts_port: tts, asr_port: asr } = form.wyoming;
  const elsewhere = LOOPBACK.has(form.host) ? '' : ' --wyoming-host 0.0.0.0';
  return {
    name: 'home-assistant', title: 'Home Assistant', icon: 'headphones', menus: 'Settings → Devices & services → Add integration → Wyoming Protocol', needsName: true,
    isOff: tts && asr ? '' : `./start.sh --wyoming${elsewhere}`,
    parts: [
      { title: 'Text-to-speech', fields: [field('Host', form.host), field('Port', String(tts || TTS_PORT))] },
      { title: 'Speech-to-text', fields: [field('Host', form.host), field('Port', String(asr || ASR_PORT))] },
    ],
    code: { language: 'yaml', text: [
      'action: tts.speak', 'target:', '  entity_id: tts.qwentts', 'data:', '  media_player_entity_id: media_player.living_room',
      `  message: ${JSON.stringify(form.text)}`, ...(form.language === 'auto' ? [] : [`  language: ${form.language}`]),
      '  options:', `    voice: ${JSON.stringify(form.voice || NAMELESS)}`, '    speaker: neutral',
    ].join('\n') },
    checks: ['wyoming-speech', 'wyoming-listening'],
  };
}

/** @param {Form} form @returns {Client} */
function liveKit(form) {
  return {
    name: 'livekit', title: 'LiveKit', icon: 'mic', parts: [], needsName: true,
    code: { language: 'python', text: [
      'from livekit.plugins import deepgram', '', 'tts = deepgram.TTS(',
      `    base_url=${quoted(`${form.origin}/v1/speak`)},`, `    api_key=${quoted(form.key)},`, `    model=${quoted(form.voice || NAMELESS)},`,
      '    encoding="linear16",', '    sample_rate=24000,', ')',
    ].join('\n') },
    checks: ['deepgram'],
  };
}

/** @param {Form} form @returns {Client} */
function pipecat(form) {
  return {
    name: 'pipecat', title: 'Pipecat', icon: 'volume', parts: [], needsName: true,
    code: { language: 'python', text: [
      'from pipecat.services.deepgram.tts import DeepgramTTSService', '', 'tts = DeepgramTTSService(',
      `    base_url=${quoted(form.origin.replace(/^http/, 'ws'))},`, `    api_key=${quoted(form.key)},`, `    voice=${quoted(form.voice || NAMELESS)},`,
      '    encoding="linear16",', '    sample_rate=24000,', ')',
    ].join('\n') },
    checks: ['deepgram'],
  };
}

/** @param {Form} form @returns {Client} */
function curl(form) {
  const body = inShell(JSON.stringify(keptBody(form), null, 2));
  return {
    name: 'curl', title: 'curl', icon: 'keyboard', parts: [], needsName: false,
    code: { language: 'sh', text: [
      `curl ${form.origin}/v1/audio/speech \\`, "  -H 'Content-Type: application/json' \\",
      ...(form.keyNeeded ? [`  -H 'Authorization: Bearer ${inShell(form.key)}' \\`] : []),
      `  -d '${body}' \\`, `  -o speech.${formatOf(form)}`,
    ].join('\n') },
    checks: ['speech'],
  };
}

/** @param {Form} form @returns {Client} */
function python(form) {
  const { model, voice, input, response_format: format, speed, ...others } = keptBody(form);
  const named = { model, voice: voice ?? 'alloy', input, response_format: format, ...(speed === undefined ? {} : { speed }) };
  return {
    name: 'python', title: 'Python', icon: 'file', parts: [], needsName: false,
    code: { language: 'python', text: [
      'from openai import OpenAI', '', `client = OpenAI(base_url=${quoted(`${form.origin}/v1`)}, api_key=${quoted(form.key)})`,
      'with client.audio.speech.with_streaming_response.create(',
      ...Object.entries(named).map(([name, value]) => `    ${name}=${JSON.stringify(value)},`),
      ...(Object.keys(others).length ? [`    extra_body=${pythonic(others)},`] : []),
      ') as speech:', `    speech.stream_to_file("speech.${formatOf(form)}")`,
    ].join('\n') },
    checks: ['speech', 'transcription'],
  };
}

/** @param {Form} form @returns {Client} */
function javaScript(form) {
  const body = JSON.stringify(keptBody(form), null, 2).replaceAll('\n', '\n  ');
  return {
    name: 'javascript', title: 'JavaScript', icon: 'file', parts: [], needsName: false,
    code: { language: 'javascript', text: [
      "import { writeFile } from 'node:fs/promises';", '', `const speech = await fetch(${quoted(`${form.origin}/v1/audio/speech`)}, {`, "  method: 'POST',",
      `  headers: { 'Content-Type': 'application/json'${form.keyNeeded ? `, Authorization: ${quoted(`Bearer ${form.key}`)}` : ''} },`,
      `  body: JSON.stringify(${body}),`, '});', 'if (!speech.ok) throw new Error((await speech.json()).error.message);',
      `await writeFile('speech.${formatOf(form)}', Buffer.from(await speech.arrayBuffer()));`,
    ].join('\n') },
    checks: ['speech'],
  };
}

/** @param {string} label @param {string} value @returns {Field} */
const field = (label, value) => ({ label, value });

/** A dictionary of Python. @param {Record<string, string | number | boolean>} values */
function pythonic(values) {
  const shown = (/** @type {string | number | boolean} */ value) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value));
  return `{${Object.entries(values).map(([name, value]) => `${JSON.stringify(name)}: ${shown(value)}`).join(', ')}}`;
}

/** What stands between single quotes of a shell. @param {string} text */
const inShell = (text) => text.replaceAll("'", "'\\''");

/** A string of Python or JavaScript. @param {string} text */
const quoted = (text) => JSON.stringify(text);
