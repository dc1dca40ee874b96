// The timeline: edits by mouse, touch and keyboard. It continues the scope of timeline.js.

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
// If markers overlap, the one nearest in time is meant. A grip belongs to its own bar.
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
  if (drag.how === 'time') seekWhilePaused(moved.time);
  showTip(drag.how === 'strength' ? `strength ${moved.strength.toFixed(2)}` : `${moved[drag.how].toFixed(3)} s`, moved.time);
});
const drop = () => {
  if (!drag) return;
  const { before, how } = drag;
  drag = null;
  root.classList.remove('dragging');
  showTip('');
  if (how) commit(before);
  placeMarkers();
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
scroll.addEventListener('scroll', () => { if (duration) { paint(); placeMarkers(); } });
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
  if (name === 'time') seekWhilePaused(chosen().time);
});
element.addEventListener('focusout', (event) => { if (event.target.dataset?.field) queueMicrotask(inspect); });
element.addEventListener('keydown', (event) => {
  const key = event.key, far = event.shiftKey ? 10 : 1;
  const handle = (act) => { event.preventDefault(); act(); };
  if (!duration || mode?.name === 'tap') return;
  if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(key)) return handle(event.shiftKey || /y/i.test(key) ? acts.redo : acts.undo);
  if (event.target === canvas) {
    const to = { ArrowLeft: now() - 0.04 * far, ArrowRight: now() + 0.04 * far, Home: 0, End: duration }[key];
    if (to !== undefined) handle(() => { seek(clamp(to, 0, duration)); reveal(now()); });
    if (key === 'Enter') handle(() => add(now()));
  } else if (event.target.cue && chosen()) {
    const cue = chosen(), beside = state.cues[state.cues.indexOf(cue) + (event.shiftKey ? -1 : 1)];
    const move = (time) => { edit(cue.id, { time: rounded(clamp(cue.time + time, 0, duration)) }, `move ${cue.id}`); reveal(chosen().time); seekWhilePaused(chosen().time); };
    const louder = (by) => edit(cue.id, { strength: rounded(clamp(cue.strength + by, 0, 1)) }, `louder ${cue.id}`);
    if (key === 'ArrowLeft' || key === 'ArrowRight') handle(() => move((key === 'ArrowLeft' ? -0.01 : 0.01) * far));
    if (key === 'ArrowUp' || key === 'ArrowDown') handle(() => louder((key === 'ArrowDown' ? -0.02 : 0.02) * (event.shiftKey ? 5 : 1)));
    if (key === 'Delete' || key === 'Backspace') handle(remove);
    if (key === 'Tab' && beside) handle(() => choose(beside.id, true));
  }
});
