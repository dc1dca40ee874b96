// The timeline: drawing, markers, the fields below. It continues the scope of timeline.js.

const draw = () => {
  lanes.style.width = `${x(duration)}px`;
  canvas.setAttribute('aria-valuemax', short(duration));
  paint(); placeMarkers(); inspect(); follow(); showSteps();
};
const showSteps = () => {
  const from = state.source === 'creator' ? 'edited' : 'detected';
  at('.count').textContent = duration ? `${state.cues.length} ${state.cues.length === 1 ? 'cue' : 'cues'}, ${from}` : 'No cues yet';
  const off = { undo: !undoStack.length, redo: !redoStack.length, clear: !state.cues.length };
  for (const button of element.querySelectorAll('.tools button')) button.disabled = !duration || Boolean(off[button.dataset.do]);
};
const paint = () => {
  const width = scroll.clientWidth, ratio = window.devicePixelRatio || 1, left = scroll.scrollLeft;
  if (!width || !duration) return;
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(HEIGHT * ratio);
  canvas.style.width = `${width}px`;
  const context2d = canvas.getContext('2d');
  context2d.scale(ratio, ratio);
  if (strip?.naturalWidth) paintStrip(context2d, left, width);
  paintWave(context2d, left, width);
  paintRuler(context2d, left, width);
  if (chosen()) { context2d.fillStyle = '#ffc46b99'; context2d.fillRect(x(chosen().time) - left - 0.5, 0, 1, HEIGHT - RULER); }
};
const paintStrip = (context2d, left, width) => {
  const each = strip.naturalWidth / props.frames, slot = STRIP * each / strip.naturalHeight;
  for (let index = Math.floor(left / slot); index * slot < left + width; index++) {
    const frame = clamp(Math.floor((index + 0.5) * slot / x(duration) * props.frames), 0, props.frames - 1);
    context2d.drawImage(strip, frame * each, 0, each, strip.naturalHeight, index * slot - left, 0, slot, STRIP);
  }
};
const paintWave = (context2d, left, width) => {
  const wave = props.wave || [], middle = STRIP + WAVE / 2, bins = wave.length / x(duration);
  context2d.fillStyle = '#3a4049';
  context2d.fillRect(0, middle - 0.5, width, 1);
  if (!wave.length) return;
  const loudest = wave.reduce((most, peak) => Math.max(most, peak), 0.02);
  context2d.fillStyle = '#9fb2c4';
  for (let column = 0; column < width; column++) {
    const first = Math.floor((left + column) * bins), last = Math.max(first + 1, Math.floor((left + column + 1) * bins));
    let peak = 0;
    for (let bin = first; bin < last && bin < wave.length; bin++) peak = Math.max(peak, wave[bin]);
    const half = Math.max(0.5, peak / loudest * (WAVE / 2 - 2));
    context2d.fillRect(column, middle - half, 1, 2 * half);
  }
};
const paintRuler = (context2d, left, width) => {
  const gap = STEPS.find((seconds) => x(seconds) >= 64) || 600, digits = gap < 0.1 ? 2 : gap < 1 ? 1 : 0;
  context2d.font = '10px ui-monospace, monospace';
  for (let count = Math.floor(left / x(gap)); x(count * gap) <= left + width; count++) {
    const time = count * gap, minutes = Math.floor(time / 60 + 1e-9), rest = (time - 60 * minutes).toFixed(digits);
    context2d.fillStyle = '#53575d';
    context2d.fillRect(x(time) - left, HEIGHT - RULER, 1, 6);
    context2d.fillStyle = '#9aa0a8';
    context2d.fillText(minutes ? `${minutes}:${rest.padStart(digits ? digits + 3 : 2, '0')}` : `${rest} s`, x(time) - left + 4, HEIGHT - 6);
  }
};
// Only visible cues and the chosen one have a createMarker. It is written again only when its cue or its position changed.
const shown = new Map();
const placeMarkers = () => {
  const from = (scroll.scrollLeft - 60) / scale(), to = (scroll.scrollLeft + scroll.clientWidth + 60) / scale();
  const visible = state.cues.filter((cue) => cue.id === chosenId || (cue.time + cue.duration >= from && cue.time <= to));
  const ids = new Set(visible.map((cue) => cue.id));
  for (const [id, button] of shown) if (!ids.has(id)) { button.remove(); shown.delete(id); }
  root.classList.toggle('dense', visible.length * 14 > scroll.clientWidth);
  visible.forEach((cue, index) => {
    if (!shown.has(cue.id)) shown.set(cue.id, createMarker(cue));
    const button = shown.get(cue.id);
    if (button.cue !== cue || button.scale !== scale()) updateMarker(button, cue);
    button.setAttribute('aria-current', String(cue.id === chosenId));
    if (marks.children[index] === button || drag) { if (!button.isConnected) marks.append(button); return; }
    const focused = document.activeElement === button; // a focused element loses the focus when it is moved
    marks.insertBefore(button, marks.children[index] || null);
    if (focused) button.focus({ preventScroll: true });
  });
};
const createMarker = (cue) => {
  const button = document.createElement('button');
  button.type = 'button'; button.className = 'cue'; button.dataset.cue = cue.id;
  button.innerHTML = '<i><b></b></i>';
  return button;
};
const updateMarker = (button, cue) => {
  const length = cue.duration > 0 ? `, duration ${short(cue.duration)} s` : '';
  Object.assign(button, { cue, scale: scale() });
  button.style.left = `${x(cue.time)}px`;
  button.style.setProperty('--strength', cue.strength);
  button.style.setProperty('--confidence', cue.confidence);
  button.title = [cue.action, cue.material].filter(Boolean).join(' ') || 'cue';
  button.setAttribute('aria-label', `${button.title} at ${cue.time.toFixed(2)} s${length}, strength ${short(cue.strength)}, detection confidence ${percent(cue.confidence)}`);
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
  at('.confidence').textContent = cue ? `Detection confidence ${percent(cue.confidence)}` : duration ? 'Double-click adds a cue' : '';
};
const choose = (id, focus = false) => {
  chosenId = id;
  if (chosen()) { reveal(chosen().time); seekWhilePaused(chosen().time); }
  placeMarkers(); inspect(); paint();
  if (focus) shown.get(id)?.focus({ preventScroll: true });
};
const showTip = (words, time) => {
  tip.hidden = !words;
  tip.textContent = words;
  tip.style.left = `${clamp(x(time) - scroll.scrollLeft, 50, Math.max(50, scroll.clientWidth - 50))}px`;
};
