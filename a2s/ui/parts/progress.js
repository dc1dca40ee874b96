// The template uses no value, so gradio never redraws it. This script writes the server's values into it.
const at = (name) => element.querySelector(name);
const show = () => {
  const { state = 'idle', stage = '', detail = '', left = '', done = 0, preview = '' } = props.value || {};
  at('.progress').dataset.state = state;
  at('.stage').textContent = stage;
  at('.detail').textContent = detail;
  at('.left').textContent = left;
  at('.track i').style.width = `${100 * done}%`;
  at('.track').setAttribute('aria-valuenow', Math.round(100 * done));
  if (preview) at('.preview').src = preview;
  at('.preview').hidden = state !== 'running' || !at('.preview').src;
  if (state !== 'running') at('.preview').removeAttribute('src');
};
watch('value', show);
show();
