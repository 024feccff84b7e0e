// When somebody begins to fill in a form that anybody can send, the form gets a stamp that says when that was: a robot is
// quicker than a person. And a button that would be pressed too early waits, for as many seconds as data-wait says.

async function stamp(form) {
  form.dataset.stamped = "";
  try {
    const answer = await fetch(form.dataset.stamps);
    if (answer.ok) form.elements.stamp.value = await answer.text();
  } catch {
    // Without a stamp the form is answered by one more button, as without a script.
  }
}

function holdButtons() {
  for (const button of document.querySelectorAll("button[data-wait]")) {
    const seconds = button.dataset.wait;
    button.removeAttribute("data-wait");
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, 1000 * seconds);
  }
}

document.addEventListener("focusin", ({ target }) => {
  const form = target.closest?.("form[data-stamps]:not([data-stamped])");
  if (form) stamp(form);
});
document.addEventListener("htmx:after:swap", holdButtons);
holdButtons();
