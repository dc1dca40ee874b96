// The template holds no value, so gradio never redraws it: all below belongs to this script. Cues and lists of cues are
// replaced, never changed, so that a step back is the very list that was.
const at = (selector) => element.querySelector(selector);
const root = at('.timeline'), scroll = at('.scroll'), lanes = at('.lanes'), marks = at('.marks'), canvas = at('canvas');
const tip = at('.tip'), playhead = at('.playhead');
const FILM = 48, WAVE = 40, HEIGHT = 184, RULER = 20, TRAVEL = 60; // pixels; TRAVEL: from strength 0 to 1
const CLOSEST = 400; // pixels a second where the zoom ends
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300];
const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
const rounded = (x) => Math.round(x * 1000) / 1000;
const short = (x) => String(+x.toFixed(2));

let whose = '', duration = 0, state = { cues: [], source: '' }, past = [], future = [], run = { name: '', time: 0 };
let chosenId = null, zoom = 1, here = 0, clock = null, mode = null, drag = null, film = null;

// ------------------------------------------------------------------------------------------------ the cues, and back

const load = () => {
  stop(false);
  const value = props.value || {};
  const cues = (value.cues || []).map((cue) => ({ ...cue, action: cue.action ?? null, material: cue.material ?? null }));
  if (value.picture !== whose || value.duration !== duration) { zoom = 1; here = 0; clock = null; }
  whose = value.picture || '';
  duration = value.duration || 0;
  state = { cues: inOrder(cues), source: value.source || '' };
  past = []; future = []; chosenId = null; drag = null; run.name = '';
  clearTimeout(publish.timer);
  root.classList.toggle('empty-state', !duration);
  draw();
};
const inOrder = (cues) => [...cues].sort((a, b) => a.time - b.time);
const chosen = () => state.cues.find((cue) => cue.id === chosenId);
const publish = () => {
  props.value = { picture: whose, duration, cues: state.cues, source: state.source };
  clearTimeout(publish.timer);
  publish.timer = setTimeout(() => trigger('edit'), 150);
};
const preview = (cues) => { state = { cues: inOrder(cues), source: 'creator' }; draw(); };
// `before` becomes a step to go back to. Small steps of one run, such as a held arrow key, are taken back as one.
const settle = (before, name = '') => {
  const time = performance.now(), goesOn = name && name === run.name && time - run.time < 800;
  run = { name, time };
  if (state === before) return;
  if (!goesOn) past = [...past.slice(-299), before];
  future = [];
  publish(); tellSteps();
};
const apply = (cues, name) => { const before = state; preview(cues); settle(before, name); };
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
  run.name = '';
  if (!chosen()) chosenId = null;
  publish(); draw();
};

// -------------------------------------------------------------------------------------- time: the film's, or our own

const video = () => {
  const found = document.querySelector(props.video);
  return found && found.readyState > 0 && found.duration > 0 ? found : null;
};
const now = () => {
  const player = video();
  if (player) return Math.min(player.currentTime, duration);
  return clock ? Math.min(duration, clock.from + (performance.now() - clock.began) / 1000) : here;
};
const moving = () => { const player = video(); return player ? !player.paused && !player.ended : Boolean(clock) && now() < duration; };
const seek = (time) => {
  const player = video();
  here = time;
  if (clock) clock = { from: time, began: performance.now() };
  if (player) player.currentTime = time;
  follow();
};
// While something is dragged only as many pictures are asked for as the film can show.
const peek = (time) => { if (!moving() && !video()?.seeking) seek(time); };
const play = () => {
  const player = video();
  if (now() >= duration - 0.05) seek(0);
  if (player) player.play().catch(() => stop()); else clock = { from: here, began: performance.now() };
  tick();
};
const halt = () => { here = now(); clock = null; video()?.pause(); };
const tick = () => {
  cancelAnimationFrame(tick.frame);
  if (!element.isConnected) return;
  follow();
  if (moving()) tick.frame = requestAnimationFrame(tick); else if (mode && mode.begun) stop();
};

// --------------------------------------------------------------------------------------------------- time and pixels

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

// ----------------------------------------------------------------------------------------------------------- drawing

const draw = () => {
  lanes.style.width = `${x(duration)}px`;
  canvas.setAttribute('aria-valuemax', short(duration));
  paint(); place(); inspect(); follow(); tellSteps();
};
const tellSteps = () => {
  const from = state.source === 'creator' ? 'edited' : `from ${state.source}`;
  at('.count').textContent = duration ? `${state.cues.length} ${state.cues.length === 1 ? 'cue' : 'cues'}, ${from}` : 'No cues yet';
  const off = { undo: !past.length, redo: !future.length, clear: !state.cues.length };
  for (const button of element.querySelectorAll('.tools button')) button.disabled = !duration || Boolean(off[button.dataset.do]);
};
const paint = () => {
  const width = scroll.clientWidth, ratio = window.devicePixelRatio || 1, left = scroll.scrollLeft;
  if (!width || !duration) return;
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(HEIGHT * ratio);
  canvas.style.width = `${width}px`;
  const pen = canvas.getContext('2d');
  pen.scale(ratio, ratio);
  if (film?.naturalWidth) paintFilm(pen, left, width);
  paintWave(pen, left, width);
  paintRuler(pen, left, width);
  if (chosen()) { pen.fillStyle = '#ffc46b99'; pen.fillRect(x(chosen().time) - left - 0.5, 0, 1, HEIGHT - RULER); }
};
const paintFilm = (pen, left, width) => {
  const each = film.naturalWidth / props.frames, slot = FILM * each / film.naturalHeight;
  for (let index = Math.floor(left / slot); index * slot < left + width; index++) {
    const frame = clamp(Math.floor((index + 0.5) * slot / x(duration) * props.frames), 0, props.frames - 1);
    pen.drawImage(film, frame * each, 0, each, film.naturalHeight, index * slot - left, 0, slot, FILM);
  }
};
const paintWave = (pen, left, width) => {
  const wave = props.wave || [], middle = FILM + WAVE / 2, bins = wave.length / x(duration);
  pen.fillStyle = '#3a4049';
  pen.fillRect(0, middle - 0.5, width, 1);
  if (!wave.length) return;
  const loudest = wave.reduce((most, peak) => Math.max(most, peak), 0.02);
  pen.fillStyle = '#9fb2c4';
  for (let column = 0; column < width; column++) {
    const first = Math.floor((left + column) * bins), last = Math.max(first + 1, Math.floor((left + column + 1) * bins));
    let peak = 0;
    for (let bin = first; bin < last && bin < wave.length; bin++) peak = Math.max(peak, wave[bin]);
    const half = Math.max(0.5, peak / loudest * (WAVE / 2 - 2));
    pen.fillRect(column, middle - half, 1, 2 * half);
  }
};
const paintRuler = (pen, left, width) => {
  const gap = STEPS.find((seconds) => x(seconds) >= 64) || 600, digits = gap < 0.1 ? 2 : gap < 1 ? 1 : 0;
  pen.font = '10px ui-monospace, monospace';
  for (let count = Math.floor(left / x(gap)); x(count * gap) <= left + width; count++) {
    const time = count * gap, minutes = Math.floor(time / 60 + 1e-9), rest = (time - 60 * minutes).toFixed(digits);
    pen.fillStyle = '#53575d';
    pen.fillRect(x(time) - left, HEIGHT - RULER, 1, 6);
    pen.fillStyle = '#9aa0a8';
    pen.fillText(minutes ? `${minutes}:${rest.padStart(digits ? digits + 3 : 2, '0')}` : `${rest} s`, x(time) - left + 4, HEIGHT - 6);
  }
};
// Only what is in sight, and what is chosen, has a marker; one is written again only when its cue or its place changed.
const shown = new Map();
const place = () => {
  const from = (scroll.scrollLeft - 60) / scale(), to = (scroll.scrollLeft + scroll.clientWidth + 60) / scale();
  const visible = state.cues.filter((cue) => cue.id === chosenId || (cue.time + cue.duration >= from && cue.time <= to));
  const ids = new Set(visible.map((cue) => cue.id));
  for (const [id, button] of shown) if (!ids.has(id)) { button.remove(); shown.delete(id); }
  root.classList.toggle('dense', visible.length * 14 > scroll.clientWidth);
  visible.forEach((cue, index) => {
    if (!shown.has(cue.id)) shown.set(cue.id, marker(cue));
    const button = shown.get(cue.id);
    if (button.cue !== cue || button.scale !== scale()) mark(button, cue);
    button.setAttribute('aria-current', String(cue.id === chosenId));
    if (marks.children[index] === button || drag) { if (!button.isConnected) marks.append(button); return; }
    const focused = document.activeElement === button; // what has the focus would lose it by being moved
    marks.insertBefore(button, marks.children[index] || null);
    if (focused) button.focus({ preventScroll: true });
  });
};
const marker = (cue) => {
  const button = document.createElement('button');
  button.type = 'button'; button.className = 'cue'; button.dataset.cue = cue.id;
  button.innerHTML = '<i><b></b></i>';
  return button;
};
const mark = (button, cue) => {
  const length = cue.duration > 0 ? `, length ${short(cue.duration)} s` : '';
  Object.assign(button, { cue, scale: scale() });
  button.style.left = `${x(cue.time)}px`;
  button.style.setProperty('--strength', cue.strength);
  button.style.setProperty('--confidence', cue.confidence);
  button.title = [cue.action, cue.material].filter(Boolean).join(' ') || 'cue';
  button.setAttribute('aria-label', `${button.title} at ${cue.time.toFixed(2)} s${length}, strength ${short(cue.strength)}, confidence ${short(cue.confidence)}`);
  button.firstChild.toggleAttribute('data-impact', !(cue.duration > 0));
  button.firstChild.style.width = `${x(cue.duration)}px`;
};
const inspect = () => {
  const cue = chosen();
  for (const field of element.querySelectorAll('[data-field]')) {
    const value = cue?.[field.dataset.field];
    field.disabled = !cue;
    if (field !== document.activeElement || field.type !== 'number' || !cue) field.value = field.type === 'number' && cue ? +value.toFixed(3) : value ?? '';
  }
  for (const name of ['all', 'delete']) at(`[data-do="${name}"]`).disabled = !cue;
  at('.confidence').textContent = cue ? `confidence ${cue.confidence.toFixed(2)}` : duration ? 'double click adds a cue' : '';
};
const choose = (id, focus = false) => {
  chosenId = id;
  if (chosen()) { reveal(chosen().time); peek(chosen().time); }
  place(); inspect(); paint();
  if (focus) shown.get(id)?.focus({ preventScroll: true });
};
const say = (words, time) => {
  tip.hidden = !words;
  tip.textContent = words;
  tip.style.left = `${clamp(x(time) - scroll.scrollLeft, 50, Math.max(50, scroll.clientWidth - 50))}px`;
};

// --------------------------------------------------------------------------------------------------- editing by hand

marks.addEventListener('pointerdown', (event) => {
  const hit = event.target.closest('.cue');
  if (event.button || mode?.name === 'tap' || drag) return;
  if (!hit) { choose(null); return; }
  const id = nearest(hit, event);
  event.preventDefault();
  choose(id, true);
  drag = { id, before: state, cue: chosen(), x: event.clientX, y: event.clientY, pointer: event.pointerId, how: event.target.matches('b') ? 'duration' : '' };
  marks.setPointerCapture(event.pointerId);
});
// Where markers lie over one another the one whose time is nearest is meant; a bar's grip is only that bar's.
const nearest = (hit, event) => {
  if (event.target.matches('b')) return hit.cue.id;
  const under = document.elementsFromPoint(event.clientX, event.clientY).filter((each) => each.cue && marks.contains(each));
  const away = (each) => Math.abs(x(each.cue.time) - x(timeAt(event)));
  return under.reduce((best, each) => (away(each) < away(best) ? each : best), hit).cue.id;
};
marks.addEventListener('pointermove', (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  const across = event.clientX - drag.x, up = drag.y - event.clientY, { cue } = drag;
  if (!drag.how && Math.hypot(across, up) < 4) return;
  drag.how ||= Math.abs(across) >= Math.abs(up) ? 'time' : 'strength';
  root.classList.add('dragging');
  const [most, value] = {
    time: [duration, cue.time + across / scale()],
    strength: [1, cue.strength + up / TRAVEL],
    duration: [duration - cue.time, cue.duration + across / scale()],
  }[drag.how];
  preview(patched(drag.id, { [drag.how]: rounded(clamp(value, 0, most)) }));
  const moved = chosen();
  if (drag.how === 'time') peek(moved.time);
  say(drag.how === 'strength' ? `strength ${moved.strength.toFixed(2)}` : `${moved[drag.how].toFixed(3)} s`, moved.time);
});
const drop = () => {
  if (!drag) return;
  const { before, how } = drag;
  drag = null;
  root.classList.remove('dragging');
  say('');
  if (how) settle(before);
  place();
  if (how === 'time' && chosen() && !moving()) seek(chosen().time);
};
for (const kind of ['pointerup', 'pointercancel', 'lostpointercapture']) marks.addEventListener(kind, drop);
marks.addEventListener('dblclick', (event) => { if (duration && !event.target.closest('.cue')) add(timeAt(event)); });
marks.addEventListener('focusin', (event) => { if (event.target.cue && !drag && event.target.cue.id !== chosenId) choose(event.target.cue.id, true); });

canvas.addEventListener('pointerdown', (event) => {
  if (!duration || event.button) return;
  canvas.setPointerCapture(event.pointerId);
  seek(timeAt(event));
});
canvas.addEventListener('pointermove', (event) => { if (canvas.hasPointerCapture(event.pointerId)) seek(timeAt(event)); });
scroll.addEventListener('scroll', () => { if (duration) { paint(); place(); } });
scroll.addEventListener('wheel', (event) => {
  if (!(event.ctrlKey || event.metaKey) || !duration) return;
  event.preventDefault();
  zoomTo(zoom * Math.exp(-clamp(event.deltaY, -100, 100) / 250), timeAt(event), event.clientX - scroll.getBoundingClientRect().left);
}, { passive: false });

element.addEventListener('input', ({ target }) => {
  const name = target.dataset?.field, cue = chosen(), number = Number(target.value);
  if (!name || !cue) return;
  if (name === 'action' || name === 'material') return edit(cue.id, { [name]: target.value || null });
  if (target.value === '' || !Number.isFinite(number)) return;
  const most = { time: duration, strength: 1, duration: duration - cue.time }[name];
  edit(cue.id, { [name]: rounded(clamp(number, 0, most)) }, `${name} ${cue.id}`);
  if (name === 'time') peek(chosen().time);
});
element.addEventListener('focusout', (event) => { if (event.target.dataset?.field) queueMicrotask(inspect); });
element.addEventListener('keydown', (event) => {
  const key = event.key, far = event.shiftKey ? 10 : 1;
  const taken = (act) => { event.preventDefault(); act(); };
  if (!duration || mode?.name === 'tap') return;
  if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(key)) return taken(event.shiftKey || /y/i.test(key) ? acts.redo : acts.undo);
  if (event.target === canvas) {
    const to = { ArrowLeft: now() - 0.04 * far, ArrowRight: now() + 0.04 * far, Home: 0, End: duration }[key];
    if (to !== undefined) taken(() => { seek(clamp(to, 0, duration)); reveal(now()); });
    if (key === 'Enter') taken(() => add(now()));
  } else if (event.target.cue && chosen()) {
    const cue = chosen(), beside = state.cues[state.cues.indexOf(cue) + (event.shiftKey ? -1 : 1)];
    const move = (time) => { edit(cue.id, { time: rounded(clamp(cue.time + time, 0, duration)) }, `move ${cue.id}`); reveal(chosen().time); peek(chosen().time); };
    const louder = (by) => edit(cue.id, { strength: rounded(clamp(cue.strength + by, 0, 1)) }, `louder ${cue.id}`);
    if (key === 'ArrowLeft' || key === 'ArrowRight') taken(() => move((key === 'ArrowLeft' ? -0.01 : 0.01) * far));
    if (key === 'ArrowUp' || key === 'ArrowDown') taken(() => louder((key === 'ArrowDown' ? -0.02 : 0.02) * (event.shiftKey ? 5 : 1)));
    if (key === 'Delete' || key === 'Backspace') taken(remove);
    if (key === 'Tab' && beside) taken(() => choose(beside.id, true));
  }
});

// ------------------------------------------------------------------------------------------------ hearing and tapping

const start = async (name) => {
  stop();
  const player = video();
  mode = { name, before: state, player, muted: player?.muted, begun: false };
  press(true);
  const own = mode;
  if (name === 'listen') {
    sound ||= new AudioContext();
    await sound.resume();
    if (mode !== own) return;
    if (player) player.muted = true;
  } else at('.pad').focus({ preventScroll: true });
  mode.begun = true;
  play();
  mode.from = mode.told = now();
  if (name === 'listen') mode.timer = setInterval(schedule, 25);
};
const stop = (keep = true) => {
  if (!mode) return;
  const { name, before, player, muted, timer } = mode, focused = document.activeElement === at('.pad');
  press(false);
  mode = null;
  clearInterval(timer);
  silence();
  if (player && name === 'listen') player.muted = muted;
  halt();
  if (name === 'tap' && keep) settle(before);
  if (focused) at('[data-do="tap"]').focus({ preventScroll: true });
};
const press = (on) => {
  const button = at(`[data-do="${mode.name}"]`);
  button.setAttribute('aria-pressed', String(on));
  button.textContent = on ? 'Stop' : mode.name === 'tap' ? 'Tap along' : 'Listen';
  root.classList.toggle('tapping', on && mode.name === 'tap');
};

// Clicks are handed to the sound card a moment ahead, each by where the film is at that instant; so they stay together.
let sound = null;
const clicks = new Set();
const schedule = () => {
  if (!moving()) return stop();
  const time = now(), rate = video()?.playbackRate || 1, late = sound.outputLatency || 0;
  if (time === mode.from) return; // the film takes a moment to begin
  if (Math.abs(time - (mode.time ?? time)) > 0.5) { silence(); mode.told = time; }
  const until = time + (0.15 + late) * rate;
  for (const cue of state.cues) {
    if (cue.time >= mode.told && cue.time < until) click(sound.currentTime + (cue.time - time) / rate - late, cue.strength, cue.duration / rate);
  }
  mode.told = Math.max(mode.told, until);
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
const silence = () => { for (const tone of clicks) tone.stop(); };

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
  undo: () => step(past, future), redo: () => step(future, past),
  listen: () => (mode?.name === 'listen' ? stop() : start('listen')),
  tap: () => (mode?.name === 'tap' ? stop() : start('tap')),
  clear: () => { stop(); chosenId = null; apply([]); },
  in: () => zoomBy(1.6), out: () => zoomBy(1 / 1.6), fit: () => zoomTo(1, 0, 0),
  delete: remove,
  all: () => { const { action, material } = chosen(); apply(state.cues.map((cue) => ({ ...cue, action, material }))); },
};
element.addEventListener('click', (event) => { const name = event.target.closest('[data-do]')?.dataset.do; if (name && duration) acts[name](); });

// --------------------------------------------------------------------------------------- what the server says, and when

const picture = () => {
  if (!props.strip) film = null;
  else if (film?.of !== props.strip) {
    film = Object.assign(new Image(), { of: props.strip, onload: paint });
    film.src = props.strip;
  }
  paint();
};
for (const name of ['action', 'material']) {
  at(`[data-field="${name}"]`).replaceChildren(new Option('as seen', ''), ...(props[`${name}s`] || []).map((word) => new Option(word, word)));
}
watch('value', load);
watch(['strip', 'wave'], picture);
// Media events don't bubble, and the page may put another video in the place of the one before.
for (const kind of ['play', 'playing', 'seeking', 'seeked', 'timeupdate', 'loadedmetadata', 'pause', 'ended']) {
  document.addEventListener(kind, (event) => { if (element.isConnected && event.target === video()) tick(); }, true);
}
new ResizeObserver(() => { if (scroll.clientWidth) draw(); }).observe(scroll);
load();
picture();
