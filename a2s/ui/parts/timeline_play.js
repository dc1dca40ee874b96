// The timeline: cue clicks, tapping, buttons, and updates by the server. It continues the scope of timeline.js.

const start = async (name) => {
  stop();
  const player = video();
  mode = { name, before: state, player, muted: player?.muted, begun: false };
  press(true);
  const own = mode;
  if (name === 'clicks') {
    sound ||= new AudioContext();
    await sound.resume();
    if (mode !== own) return;
    if (player) player.muted = true;
  } else at('.pad').focus({ preventScroll: true });
  mode.begun = true;
  play();
  mode.from = mode.scheduled = now();
  if (name === 'clicks') mode.timer = setInterval(schedule, 25);
};
const stop = (keep = true) => {
  if (!mode) return;
  const { name, before, player, muted, timer } = mode, focused = document.activeElement === at('.pad');
  press(false);
  mode = null;
  clearInterval(timer);
  stopClicks();
  if (player && name === 'clicks') player.muted = muted;
  pausePlayback();
  if (name === 'tap' && keep) commit(before);
  if (focused) at('[data-do="tap"]').focus({ preventScroll: true });
};
const press = (on) => {
  const button = at(`[data-do="${mode.name}"]`);
  button.setAttribute('aria-pressed', String(on));
  button.textContent = on ? 'Stop' : mode.name === 'tap' ? 'Tap cues in' : 'Play cue clicks';
  root.classList.toggle('tapping', on && mode.name === 'tap');
};

// Clicks are scheduled a moment ahead, each from the video's time at that instant, so that they stay in sync.
let sound = null;
const clicks = new Set();
const schedule = () => {
  if (!moving()) return stop();
  const time = now(), rate = video()?.playbackRate || 1, late = sound.outputLatency || 0;
  if (time === mode.from) return; // the video takes a moment to start
  if (Math.abs(time - (mode.time ?? time)) > 0.5) { stopClicks(); mode.scheduled = time; }
  const until = time + (0.15 + late) * rate;
  for (const cue of state.cues) {
    if (cue.time >= mode.scheduled && cue.time < until) click(sound.currentTime + (cue.time - time) / rate - late, cue.strength, cue.duration / rate);
  }
  mode.scheduled = Math.max(mode.scheduled, until);
  mode.time = time;
};
const click = (moment, strength, length) => {
  const when = Math.max(sound.currentTime, moment), tone = sound.createOscillator(), level = sound.createGain();
  tone.frequency.value = 1800;
  level.gain.setValueAtTime(0.02 + 0.6 * strength, when);
  level.gain.exponentialRampToValueAtTime(length > 0.05 ? 0.02 + 0.08 * strength : 0.001, when + 0.04);
  if (length > 0.05) level.gain.exponentialRampToValueAtTime(0.001, when + length);
  tone.connect(level).connect(sound.destination);
  tone.start(when); tone.stop(when + Math.max(0.05, length));
  clicks.add(tone);
  tone.onended = () => { clicks.delete(tone); level.disconnect(); };
};
const stopClicks = () => { for (const tone of clicks) tone.stop(); };

const tap = (event) => {
  const ago = clamp(performance.now() - event.timeStamp, 0, 200) / 1000 * (video()?.playbackRate || 1);
  const cue = created(now() - ago);
  chosenId = cue.id;
  preview([...state.cues, cue]);
  at('.pad').classList.add('hit');
  setTimeout(() => at('.pad').classList.remove('hit'), 90);
};
const typing = (target) => target.matches?.('textarea, select, [contenteditable]:not([contenteditable="false"]), input:not([type="range"], [type="checkbox"], [type="radio"])');
for (const kind of ['keydown', 'keyup']) {
  window.addEventListener(kind, (event) => {
    if (mode?.name !== 'tap' || typing(event.target)) return;
    if (event.code === 'Space') {
      event.preventDefault(); event.stopImmediatePropagation();
      if (kind === 'keydown' && !event.repeat) tap(event);
    } else if (event.key === 'Escape' && kind === 'keydown') { event.preventDefault(); stop(); }
  }, true);
}
at('.pad').addEventListener('pointerdown', (event) => { if (mode?.name === 'tap' && !event.button) { event.preventDefault(); tap(event); } });
window.addEventListener('pointerdown', (event) => {
  if (mode?.name === 'tap' && !event.target.closest?.('.pad, [data-do="tap"]') && event.target !== video()) stop();
}, true);

const acts = {
  undo: () => step(undoStack, redoStack), redo: () => step(redoStack, undoStack),
  clicks: () => (mode?.name === 'clicks' ? stop() : start('clicks')),
  tap: () => (mode?.name === 'tap' ? stop() : start('tap')),
  clear: () => { stop(); chosenId = null; apply([]); },
  in: () => zoomBy(1.6), out: () => zoomBy(1 / 1.6), fit: () => zoomTo(1, 0, 0),
  delete: remove,
  all: () => { const { action, material } = chosen(); apply(state.cues.map((cue) => ({ ...cue, action, material }))); },
};
element.addEventListener('click', (event) => { const name = event.target.closest('[data-do]')?.dataset.do; if (name && duration) acts[name](); });

// --------------------------------------------------------------------------------------------- buttons, server updates

const loadStrip = () => {
  if (!props.strip) strip = null;
  else if (strip?.of !== props.strip) {
    strip = Object.assign(new Image(), { of: props.strip, onload: paint });
    strip.src = props.strip;
  }
  paint();
};
for (const name of ['action', 'material']) {
  at(`[data-field="${name}"]`).replaceChildren(new Option('Auto', ''), ...(props[`${name}s`] || []).map((word) => new Option(word, word)));
}
watch('value', load);
watch(['strip', 'wave'], loadStrip);
// Media events don't bubble, and the page may replace the video element.
for (const kind of ['play', 'playing', 'seeking', 'seeked', 'timeupdate', 'loadedmetadata', 'pause', 'ended']) {
  document.addEventListener(kind, (event) => { if (element.isConnected && event.target === video()) tick(); }, true);
}
new ResizeObserver(() => { if (scroll.clientWidth) draw(); }).observe(scroll);
load();
loadStrip();
