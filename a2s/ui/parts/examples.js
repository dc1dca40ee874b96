element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) trigger('take', { example: button.dataset.example });
});
for (const [kind, act] of [['mouseover', 'play'], ['mouseout', 'pause']]) {
  element.addEventListener(kind, (event) => event.target.closest('button')?.querySelector('video')[act]());
}
