element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) trigger('load_example', { example: button.dataset.example });
});
