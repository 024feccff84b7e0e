// A long list of boxes to tick is found through by name: an <input data-finds="id"> hides the labels in that element
// whose words do not hold what is typed. Those that are ticked stay, so that nothing is sent that cannot be seen.

function find({ target }) {
  if (!target.dataset?.finds) return;
  const words = target.value.trim().toLocaleLowerCase();
  for (const label of document.querySelectorAll(`#${target.dataset.finds} label`)) {
    label.hidden = !label.textContent.toLocaleLowerCase().includes(words) && !label.control.checked;
  }
  for (const group of document.querySelectorAll(`#${target.dataset.finds} fieldset`)) {
    group.hidden = !group.querySelector("label:not([hidden])");
  }
}

document.addEventListener("input", find);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.dataset?.finds) event.preventDefault(); // looks, does not send
});
