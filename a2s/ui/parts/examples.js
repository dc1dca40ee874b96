element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) trigger('take', { example: button.dataset.example });
});
