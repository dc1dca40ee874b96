// All sounds play all the time on the clock of the audio context, each through a gain of its own. A switch changes two
// gains, and the video follows that clock. The template uses no value, so gradio never redraws it.
const at = (selector) => element.querySelector(selector);
const root = at('.player'), video = at('video'), canvas = at('canvas'), buttons = [...element.querySelectorAll('[data-sound]')];
const FADE = 0.004; // seconds: long enough to avoid a click
const AHEAD = 0.06; // seconds between a start and the first sample
const LONG = 600; // seconds from which sounds are decoded at 16 kHz, to save memory
const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

let audio = null, loaded = '', sounds = {}, duration = 0, playback = null, position = 0, selected = 'a', frame = 0;

// ----------------------------------------------------------------------------------------------------- loading

const load = async () => {
  const value = props.value?.sounds ? props.value : null, asked = JSON.stringify(value);
  if (asked === loaded) return; // nothing new: playback continues
  loaded = asked;
  pause();
  sounds = {}; duration = value?.duration || 0; position = 0;
  root.dataset.mode = value?.mode || 'open';
  for (const button of buttons) {
    const sound = value?.sounds[button.dataset.sound];
    button.hidden = button.dataset.sound === 'x' && !sound;
    button.disabled = true;
    if (button.dataset.sound !== 'x') button.lastChild.textContent = button.title = sound?.name || '';
  }
  root.classList.remove('ready');
  showMessage(value ? 'Loading …' : 'Choose two sounds to compare.');
  if (value && video.getAttribute('src') !== value.video) video.src = value.video;
  if (!value) video.removeAttribute('src');
  draw();
  if (!value) return;
  const rate = duration > LONG ? 16000 : 48000;
  if (audio?.sampleRate !== rate) { audio?.close(); audio = new AudioContext({ sampleRate: rate }); }
  try {
    const found = await Promise.all(Object.entries(value.sounds).map(async ([name, { url, gain_db }]) => {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(answer.status);
      const buffer = await audio.decodeAudioData(await answer.arrayBuffer());
      return [name, { buffer, match: 10 ** (gain_db / 20), outline: outline(buffer) }];
    }));
    if (loaded !== asked) return; // other sounds were chosen meanwhile
    sounds = Object.fromEntries(found);
  } catch {
    if (loaded === asked) showMessage('The sounds could not be loaded. Choose them again.');
    return;
  }
  root.classList.add('ready');
  for (const button of buttons) button.disabled = !sounds[button.dataset.sound];
  select(sounds[selected] ? selected : 'a');
  draw();
};
const showMessage = (words) => { at('.empty').textContent = words; };
const outline = (buffer) => {
  const data = buffer.getChannelData(0), bins = 800, found = new Float32Array(bins);
  const each = duration * buffer.sampleRate / bins;
  for (let bin = 0; bin < bins; bin++) {
    const end = Math.min(data.length, Math.ceil((bin + 1) * each)), stride = Math.max(1, Math.floor(each / 200));
    for (let i = Math.floor(bin * each); i < end; i += stride) found[bin] = Math.max(found[bin], Math.abs(data[i]));
  }
  return found;
};

// ------------------------------------------------------------------------------------------------- playback

const now = () => (playback ? clamp(playback.from + audio.currentTime - playback.began, playback.from, duration) : position);
const level = (name) => (name === selected ? (at('[data-set=match]').checked ? sounds[name].match : 1) : 0);
const play = async () => {
  if (!sounds.a) return;
  await audio.resume();
  if (position >= duration - 0.02) position = 0;
  start(position);
};
const start = (from) => {
  stopSources();
  const began = audio.currentTime + AHEAD;
  playback = { from, began, voices: {} };
  for (const [name, { buffer }] of Object.entries(sounds)) {
    const source = audio.createBufferSource(), gain = audio.createGain();
    source.buffer = buffer;
    gain.gain.value = level(name);
    source.connect(gain).connect(audio.destination);
    source.start(began, from);
    playback.voices[name] = { source, gain };
  }
  video.currentTime = from;
  video.playbackRate = 1;
  video.play().catch(() => {}); // the sound also plays without a video
  at('.play').setAttribute('aria-pressed', 'true');
  at('.play').setAttribute('aria-label', 'Pause');
  tick();
};
const stopSources = () => {
  for (const { source, gain } of Object.values(playback?.voices || {})) { source.stop(); source.disconnect(); gain.disconnect(); }
  playback = null;
};
const pause = () => {
  position = now();
  stopSources();
  cancelAnimationFrame(frame);
  video.pause();
  at('.play').setAttribute('aria-pressed', 'false');
  at('.play').setAttribute('aria-label', 'Play');
};
const seek = (time) => {
  position = clamp(time, 0, duration);
  if (playback) start(position); else { video.currentTime = position; draw(); }
};
const tick = () => {
  cancelAnimationFrame(frame);
  if (!playback) return;
  if (!element.isConnected) { pause(); return; }
  const time = now();
  if (time >= duration) {
    if (at('[data-set=loop]').checked) { start(0); return; }
    pause();
  } else follow(time - (audio.outputLatency || 0));
  draw();
  frame = requestAnimationFrame(tick);
};
// A small lag is corrected by the playback rate, which is not visible, a large one by a seek.
const follow = (time) => {
  if (video.readyState < 2 || video.seeking || time < playback.from) return;
  const ahead = video.currentTime - time;
  if (Math.abs(ahead) > 0.25) video.currentTime = Math.max(0, time);
  video.playbackRate = Math.abs(ahead) > 0.02 ? clamp(1 - 2 * ahead, 0.8, 1.2) : 1;
  if (video.paused && !video.ended) video.play().catch(() => {});
};

const select = (name) => {
  if (!sounds[name]) return;
  selected = name;
  const moment = audio.currentTime;
  for (const [each, { gain }] of Object.entries(playback?.voices || {})) {
    gain.gain.cancelScheduledValues(moment);
    gain.gain.setValueAtTime(gain.gain.value, moment);
    gain.gain.linearRampToValueAtTime(level(each), moment + FADE);
  }
  for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.sound === name));
  draw();
};

// --------------------------------------------------------------------------------------------------- drawing

const clock = (time) => `${Math.floor(time / 60) ? `${Math.floor(time / 60)}:` : ''}${(time % 60).toFixed(2).padStart(time < 60 ? 4 : 5, '0')}`;
const draw = () => {
  const wide = canvas.clientWidth, high = canvas.clientHeight, dense = window.devicePixelRatio || 1;
  if (!wide) return;
  if (canvas.width !== Math.round(wide * dense)) { canvas.width = Math.round(wide * dense); canvas.height = Math.round(high * dense); }
  const context2d = canvas.getContext('2d'), style = getComputedStyle(root), accent = style.getPropertyValue('--color-accent') || '#41b3a9';
  context2d.setTransform(dense, 0, 0, dense, 0, 0);
  context2d.clearRect(0, 0, wide, high);
  // In a trial a waveform would reveal which sound is which.
  const waves = root.dataset.mode === 'open' ? ['a', 'b'].filter((name) => sounds[name]) : [];
  waves.forEach((name, row) => {
    const middle = high * (row + 0.5) / 2, tall = high / 4 - 4, { outline: line } = sounds[name];
    context2d.fillStyle = name === selected ? accent : '#53575d';
    for (let i = 0; i < line.length; i++) {
      const half = Math.max(0.5, Math.sqrt(Math.min(1, line[i])) * tall); // square root, so that soft sounds are visible
      context2d.fillRect(i * wide / line.length, middle - half, Math.max(1, wide / line.length - 0.3), 2 * half);
    }
    context2d.fillStyle = '#c6c7c5'; context2d.font = '600 11px ui-sans-serif, system-ui, sans-serif';
    context2d.fillText(name.toUpperCase(), 8, middle - tall + 8);
  });
  const time = now(), x = duration ? time / duration * wide : 0;
  if (!waves.length) { context2d.fillStyle = '#3b3f45'; context2d.fillRect(8, high / 2 - 2, wide - 16, 4); }
  context2d.fillStyle = '#f7f7f6';
  context2d.fillRect(clamp(x - 1, 0, wide - 2), 0, 2, high);
  at('.time').textContent = `${clock(time)} / ${clock(duration)}`;
  canvas.setAttribute('aria-valuemax', duration.toFixed(2));
  canvas.setAttribute('aria-valuenow', time.toFixed(2));
  canvas.setAttribute('aria-valuetext', `${time.toFixed(2)} seconds`);
};

// ---------------------------------------------------------------------------------------------------- input

const toggle = () => (playback ? pause() : play());
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
  const button = target.closest('[data-sound]');
  if (button) select(button.dataset.sound); else if (target.closest('[data-do=play]')) toggle();
});
element.addEventListener('change', ({ target }) => { if (target.dataset.set === 'match') select(selected); });

const typing = (target) => target.matches?.('textarea, select, [contenteditable]:not([contenteditable="false"]), input:not([type="checkbox"], [type="radio"], [type="range"])');
const pressable = (target) => target.matches?.('button, a, input, summary, [role="tab"]') && !root.contains(target);
const keys = (event) => {
  if (!element.isConnected) { window.removeEventListener('keydown', keys, true); return; }
  if (!root.offsetParent || !sounds.a || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const by = event.shiftKey ? 0.04 : 0.5, name = event.key.toLowerCase();
  const act = sounds[name] && name.length === 1 ? () => select(name)
    : event.code === 'Space' && !pressable(event.target) ? () => { if (!event.repeat) toggle(); }
    : pressable(event.target) ? null
    : { ArrowLeft: () => seek(now() - by), ArrowRight: () => seek(now() + by), Home: () => seek(0), End: () => seek(duration) }[event.key];
  if (!act) return;
  event.preventDefault(); event.stopPropagation();
  act();
};
window.addEventListener('keydown', keys, true);
new ResizeObserver(() => { if (root.offsetParent) draw(); else if (playback) pause(); }).observe(root);
watch('value', load);
load();
