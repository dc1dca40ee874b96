// The template uses no value, so gradio never redraws it: the scripts of the timeline do. They are joined in the order of
// `CueTimeline.SCRIPTS` and share one scope. Cues and lists of cues are replaced, never changed, so that undo restores them.
// This script: state, undo, time, zoom.
const at = (selector) => element.querySelector(selector);
const root = at('.timeline'), scroll = at('.scroll'), lanes = at('.lanes'), marks = at('.marks'), canvas = at('canvas');
const tip = at('.tip'), playhead = at('.playhead');
const STRIP = 48, WAVE = 40, HEIGHT = 184, RULER = 20, TRAVEL = 60; // pixels; TRAVEL: from strength 0 to 1
const CLOSEST = 400; // pixels a second where the zoom ends
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300];
const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
const rounded = (x) => Math.round(x * 1000) / 1000;
const short = (x) => String(+x.toFixed(2));
const percent = (x) => `${Math.round(100 * x)} %`;

let videoId = '', duration = 0, state = { cues: [], source: '' }, undoStack = [], redoStack = [], series = { name: '', time: 0 };
let chosenId = null, zoom = 1, position = 0, clock = null, mode = null, drag = null, strip = null;

// ------------------------------------------------------------------------------------------------------ cues, undo

const load = () => {
  stop(false);
  const value = props.value || {};
  const cues = (value.cues || []).map((cue) => ({ ...cue, action: cue.action ?? null, material: cue.material ?? null }));
  if (value.video !== videoId || value.duration !== duration) { zoom = 1; position = 0; clock = null; }
  videoId = value.video || '';
  duration = value.duration || 0;
  state = { cues: inOrder(cues), source: value.source || '' };
  undoStack = []; redoStack = []; chosenId = null; drag = null; series.name = '';
  clearTimeout(publish.timer);
  root.classList.toggle('empty-state', !duration);
  draw();
};
const inOrder = (cues) => [...cues].sort((a, b) => a.time - b.time);
const chosen = () => state.cues.find((cue) => cue.id === chosenId);
const publish = () => {
  props.value = { video: videoId, duration, cues: state.cues, source: state.source };
  clearTimeout(publish.timer);
  publish.timer = setTimeout(() => trigger('edit'), 150);
};
const preview = (cues) => { state = { cues: inOrder(cues), source: 'creator' }; draw(); };
// `before` becomes an undo step. Small steps of one kind, such as a held arrow key, are undone as one.
const commit = (before, name = '') => {
  const time = performance.now(), continues = name && name === series.name && time - series.time < 800;
  series = { name, time };
  if (state === before) return;
  if (!continues) undoStack = [...undoStack.slice(-299), before];
  redoStack = [];
  publish(); showSteps();
};
const apply = (cues, name) => { const before = state; preview(cues); commit(before, name); };
const edit = (id, patch, name) => apply(patched(id, patch), name);
const patched = (id, patch) => state.cues.map((cue) => (cue.id === id ? { ...cue, ...patch } : cue));
const remove = () => {
  const index = state.cues.findIndex((cue) => cue.id === chosenId);
  const rest = state.cues.filter((cue) => cue.id !== chosenId), next = rest[index] || rest[index - 1];
  chosenId = next ? next.id : null;
  apply(rest);
  if (next) choose(next.id, true); else canvas.focus({ preventScroll: true });
};
const created = (time) => ({
  id: 1 + state.cues.reduce((most, cue) => Math.max(most, cue.id), -1), time: rounded(clamp(time, 0, duration)),
  strength: 0.7, action: null, material: null, confidence: 1, duration: 0,
});
const add = (time) => {
  const cue = created(time);
  chosenId = cue.id;
  apply([...state.cues, cue]);
  choose(cue.id, true);
};
const step = (from, to) => {
  if (!from.length || mode || drag) return;
  to.push(state);
  state = from.pop();
  series.name = '';
  if (!chosen()) chosenId = null;
  publish(); draw();
};

// ----------------------------------------------------------------- time: the video's, or a clock of our own without it

const video = () => {
  const found = document.querySelector(props.player);
  return found && found.readyState > 0 && found.duration > 0 ? found : null;
};
const now = () => {
  const player = video();
  if (player) return Math.min(player.currentTime, duration);
  return clock ? Math.min(duration, clock.from + (performance.now() - clock.began) / 1000) : position;
};
const moving = () => { const player = video(); return player ? !player.paused && !player.ended : Boolean(clock) && now() < duration; };
const seek = (time) => {
  const player = video();
  position = time;
  if (clock) clock = { from: time, began: performance.now() };
  if (player) player.currentTime = time;
  follow();
};
// During a drag, no more frames are requested than the video can show.
const seekWhilePaused = (time) => { if (!moving() && !video()?.seeking) seek(time); };
const play = () => {
  const player = video();
  if (now() >= duration - 0.05) seek(0);
  if (player) player.play().catch(() => stop()); else clock = { from: position, began: performance.now() };
  tick();
};
const pausePlayback = () => { position = now(); clock = null; video()?.pause(); };
const tick = () => {
  cancelAnimationFrame(tick.frame);
  if (!element.isConnected) return;
  follow();
  if (moving()) tick.frame = requestAnimationFrame(tick); else if (mode && mode.begun) stop();
};

// ------------------------------------------------------------------------------------------------ zoom and scrolling

const scale = () => Math.max(1, scroll.clientWidth) * zoom / Math.max(duration, 0.01);
const x = (time) => time * scale();
const timeAt = (event) => clamp((event.clientX - lanes.getBoundingClientRect().left) / scale(), 0, duration);
const zoomTo = (factor, time, pixel) => {
  zoom = clamp(factor, 1, Math.max(1, CLOSEST * duration / Math.max(1, scroll.clientWidth)));
  lanes.style.width = `${x(duration)}px`;
  scroll.scrollLeft = x(time) - pixel;
  draw();
};
const zoomBy = (factor) => {
  const head = x(now()) - scroll.scrollLeft, seen = head >= 0 && head <= scroll.clientWidth;
  const pixel = seen ? head : scroll.clientWidth / 2;
  zoomTo(zoom * factor, (scroll.scrollLeft + pixel) / scale(), pixel);
};
const reveal = (time) => {
  const left = x(time) - scroll.scrollLeft, margin = Math.min(40, scroll.clientWidth / 8);
  if (left < margin - 20 || left > scroll.clientWidth - margin + 20) scroll.scrollLeft = x(time) - scroll.clientWidth / 2;
};
const follow = () => {
  const time = now(), left = x(time) - scroll.scrollLeft;
  playhead.style.transform = `translateX(${x(time)}px)`;
  canvas.setAttribute('aria-valuenow', short(time));
  canvas.setAttribute('aria-valuetext', `${short(time)} s`);
  if (moving() && zoom > 1 && (left < 0 || left > scroll.clientWidth)) scroll.scrollLeft = x(time) - 0.1 * scroll.clientWidth;
};
