// One ambience plays at a time. A choice is sent to the server but redraws nothing, so playback continues.
const audioOf = (button) => button.closest('.card').querySelector('audio');
const buttonOf = (audio) => audio.closest('.card').querySelector('.play');

element.addEventListener('click', (event) => {
  const button = event.target.closest('.play');
  if (!button) return;
  const audio = audioOf(button);
  element.querySelectorAll('audio').forEach((other) => { if (other !== audio) other.pause(); });
  if (audio.paused) audio.play(); else audio.pause();
});
element.addEventListener('change', (event) => {
  if (event.target.name === 'ambience') trigger('choose', { clip: event.target.value });
});
element.addEventListener('change', ({ target: { dataset, value } }) => {
  if (dataset.time) trigger('change_ambience', { time: dataset.time, clip: value });
});
// A control that was used no longer follows its attributes, so the choice is set here.
const showChoice = () => {
  element.querySelectorAll('input').forEach((input) => { input.checked = input.dataset.chosen === 'true'; });
  element.querySelectorAll('select').forEach((select) => { select.value = select.dataset.chosen; });
};
watch('value', showChoice);
showChoice();
// Media events don't bubble, so they are handled in the capture phase.
for (const kind of ['play', 'pause', 'ended', 'timeupdate']) {
  element.addEventListener(kind, ({ target: audio }) => {
    const button = buttonOf(audio);
    button.setAttribute('aria-pressed', String(!audio.paused && !audio.ended));
    button.style.setProperty('--played', audio.ended ? 0 : 100 * audio.currentTime / (audio.duration || 1));
  }, true);
}
