// All sounds run all the time, on the clock of the sound card, each through a gain of its own; a switch turns two gains.
// The picture follows that clock. The template holds no value, so gradio never redraws it.
const at = (selector) => element.querySelector(selector);
const root = at('.player'), film = at('video'), canvas = at('canvas'), letters = [...element.querySelectorAll('[data-sound]')];
const FADE = 0.004; // seconds: too short to be noticed, long enough not to click
const AHEAD = 0.06; // seconds until what is started sounds: everything is handed over by then
const LONG = 600; // seconds from which on sounds are kept at 16 kHz, for they are held in memory whole
const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

let context = null, told = '', sounds = {}, duration = 0, run = null, here = 0, heard = 'a', frame = 0;

// ----------------------------------------------------------------------------------------------------- what is loaded

const load = async () => {
  const value = props.value?.sounds ? props.value : null, asked = JSON.stringify(value);
  if (asked === told) return; // the same again: what plays goes on
  told = asked;
  halt();
  sounds = {}; duration = value?.duration || 0; here = 0;
  root.dataset.mode = value?.mode || 'open';
  for (const button of letters) {
    const sound = value?.sounds[button.dataset.sound];
    button.hidden = button.dataset.sound === 'x' && !sound;
    button.disabled = true;
    if (button.dataset.sound !== 'x') button.lastChild.textContent = button.title = sound?.name || '';
  }
  root.classList.remove('ready');
  say(value ? 'Loading both sounds …' : 'Two sounds are compared here.');
  if (value && film.getAttribute('src') !== value.film) film.src = value.film;
  if (!value) film.removeAttribute('src');
  draw();
  if (!value) return;
  const rate = duration > LONG ? 16000 : 48000;
  if (context?.sampleRate !== rate) { context?.close(); context = new AudioContext({ sampleRate: rate }); }
  try {
    const found = await Promise.all(Object.entries(value.sounds).map(async ([name, { url, gain_db }]) => {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(answer.status);
      const buffer = await context.decodeAudioData(await answer.arrayBuffer());
      return [name, { buffer, match: 10 ** (gain_db / 20), outline: outline(buffer) }];
    }));
    if (told !== asked) return; // something else was chosen meanwhile
    sounds = Object.fromEntries(found);
  } catch {
    if (told === asked) say('The sounds could not be loaded; choose them again.');
    return;
  }
  root.classList.add('ready');
  for (const button of letters) button.disabled = !sounds[button.dataset.sound];
  hear(sounds[heard] ? heard : 'a');
  draw();
};
const say = (words) => { at('.empty').textContent = words; };
const outline = (buffer) => {
  const data = buffer.getChannelData(0), bins = 800, found = new Float32Array(bins);
  const each = duration * buffer.sampleRate / bins;
  for (let bin = 0; bin < bins; bin++) {
    const end = Math.min(data.length, Math.ceil((bin + 1) * each)), stride = Math.max(1, Math.floor(each / 200));
    for (let i = Math.floor(bin * each); i < end; i += stride) found[bin] = Math.max(found[bin], Math.abs(data[i]));
  }
  return found;
};

// ------------------------------------------------------------------------------------------------- the one clock

const now = () => (run ? clamp(run.from + context.currentTime - run.began, run.from, duration) : here);
const level = (name) => (name === heard ? (at('[data-set=match]').checked ? sounds[name].match : 1) : 0);
const play = async () => {
  if (!sounds.a) return;
  await context.resume();
  if (here >= duration - 0.02) here = 0;
  start(here);
};
const start = (from) => {
  silence();
  const began = context.currentTime + AHEAD;
  run = { from, began, voices: {} };
  for (const [name, { buffer }] of Object.entries(sounds)) {
    const source = context.createBufferSource(), gain = context.createGain();
    source.buffer = buffer;
    gain.gain.value = level(name);
    source.connect(gain).connect(context.destination);
    source.start(began, from);
    run.voices[name] = { source, gain };
  }
  film.currentTime = from;
  film.playbackRate = 1;
  film.play().catch(() => {}); // without a picture there is still sound
  at('.go').setAttribute('aria-pressed', 'true');
  at('.go').setAttribute('aria-label', 'Pause');
  tick();
};
const silence = () => {
  for (const { source, gain } of Object.values(run?.voices || {})) { source.stop(); source.disconnect(); gain.disconnect(); }
  run = null;
};
const halt = () => {
  here = now();
  silence();
  cancelAnimationFrame(frame);
  film.pause();
  at('.go').setAttribute('aria-pressed', 'false');
  at('.go').setAttribute('aria-label', 'Play');
};
const seek = (time) => {
  here = clamp(time, 0, duration);
  if (run) start(here); else { film.currentTime = here; draw(); }
};
const tick = () => {
  cancelAnimationFrame(frame);
  if (!run) return;
  if (!element.isConnected) { halt(); return; }
  const time = now();
  if (time >= duration) {
    if (at('[data-set=loop]').checked) { start(0); return; }
    halt();
  } else follow(time - (context.outputLatency || 0));
  draw();
  frame = requestAnimationFrame(tick);
};
// The picture is nudged where it is a frame off and put right where it is far off: a jump is seen, a slower film is not.
const follow = (time) => {
  if (film.readyState < 2 || film.seeking || time < run.from) return;
  const ahead = film.currentTime - time;
  if (Math.abs(ahead) > 0.25) film.currentTime = Math.max(0, time);
  film.playbackRate = Math.abs(ahead) > 0.02 ? clamp(1 - 2 * ahead, 0.8, 1.2) : 1;
  if (film.paused && !film.ended) film.play().catch(() => {});
};

const hear = (name) => {
  if (!sounds[name]) return;
  heard = name;
  const moment = context.currentTime;
  for (const [each, { gain }] of Object.entries(run?.voices || {})) {
    gain.gain.cancelScheduledValues(moment);
    gain.gain.setValueAtTime(gain.gain.value, moment);
    gain.gain.linearRampToValueAtTime(level(each), moment + FADE);
  }
  for (const button of letters) button.setAttribute('aria-pressed', String(button.dataset.sound === name));
  draw();
};

// --------------------------------------------------------------------------------------------------- what is seen

const clock = (time) => `${Math.floor(time / 60) ? `${Math.floor(time / 60)}:` : ''}${(time % 60).toFixed(2).padStart(time < 60 ? 4 : 5, '0')}`;
const draw = () => {
  const wide = canvas.clientWidth, high = canvas.clientHeight, dense = window.devicePixelRatio || 1;
  if (!wide) return;
  if (canvas.width !== Math.round(wide * dense)) { canvas.width = Math.round(wide * dense); canvas.height = Math.round(high * dense); }
  const pen = canvas.getContext('2d'), style = getComputedStyle(root), accent = style.getPropertyValue('--color-accent') || '#41b3a9';
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, wide, high);
  // A wave would give away in a trial which sound is which.
  const waves = root.dataset.mode === 'open' ? ['a', 'b'].filter((name) => sounds[name]) : [];
  waves.forEach((name, row) => {
    const middle = high * (row + 0.5) / 2, tall = high / 4 - 4, { outline: line } = sounds[name];
    pen.fillStyle = name === heard ? accent : '#53575d';
    for (let i = 0; i < line.length; i++) {
      const half = Math.max(0.5, Math.sqrt(Math.min(1, line[i])) * tall); // a root, so that soft places show
      pen.fillRect(i * wide / line.length, middle - half, Math.max(1, wide / line.length - 0.3), 2 * half);
    }
    pen.fillStyle = '#c6c7c5'; pen.font = '600 11px ui-sans-serif, system-ui, sans-serif';
    pen.fillText(name.toUpperCase(), 8, middle - tall + 8);
  });
  const time = now(), x = duration ? time / duration * wide : 0;
  if (!waves.length) { pen.fillStyle = '#3b3f45'; pen.fillRect(8, high / 2 - 2, wide - 16, 4); }
  pen.fillStyle = '#f7f7f6';
  pen.fillRect(clamp(x - 1, 0, wide - 2), 0, 2, high);
  at('.time').textContent = `${clock(time)} / ${clock(duration)}`;
  canvas.setAttribute('aria-valuemax', duration.toFixed(2));
  canvas.setAttribute('aria-valuenow', time.toFixed(2));
  canvas.setAttribute('aria-valuetext', `${time.toFixed(2)} seconds`);
};

// ---------------------------------------------------------------------------------------------------- what is done

const toggle = () => (run ? halt() : play());
const pointed = (event) => {
  const box = canvas.getBoundingClientRect();
  return clamp((event.clientX - box.left) / box.width, 0, 1) * duration;
};
canvas.addEventListener('pointerdown', (event) => {
  if (!duration || event.button) return;
  canvas.setPointerCapture(event.pointerId);
  seek(pointed(event));
});
canvas.addEventListener('pointermove', (event) => { if (canvas.hasPointerCapture(event.pointerId)) seek(pointed(event)); });
element.addEventListener('click', ({ target }) => {
  const letter = target.closest('[data-sound]');
  if (letter) hear(letter.dataset.sound); else if (target.closest('[data-do=play]')) toggle();
});
element.addEventListener('change', ({ target }) => { if (target.dataset.set === 'match') hear(heard); });

const typing = (target) => target.matches?.('textarea, select, [contenteditable]:not([contenteditable="false"]), input:not([type="checkbox"], [type="radio"], [type="range"])');
const pressable = (target) => target.matches?.('button, a, input, summary, [role="tab"]') && !root.contains(target);
const keys = (event) => {
  if (!element.isConnected) { window.removeEventListener('keydown', keys, true); return; }
  if (!root.offsetParent || !sounds.a || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const by = event.shiftKey ? 0.04 : 0.5, name = event.key.toLowerCase();
  const act = sounds[name] && name.length === 1 ? () => hear(name)
    : event.code === 'Space' && !pressable(event.target) ? () => { if (!event.repeat) toggle(); }
    : pressable(event.target) ? null
    : { ArrowLeft: () => seek(now() - by), ArrowRight: () => seek(now() + by), Home: () => seek(0), End: () => seek(duration) }[event.key];
  if (!act) return;
  event.preventDefault(); event.stopPropagation();
  act();
};
window.addEventListener('keydown', keys, true);
new ResizeObserver(() => { if (root.offsetParent) draw(); else if (run) halt(); }).observe(root);
watch('value', load);
load();
