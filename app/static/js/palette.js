// The command palette: opened by Ctrl or ⌘ with K, or by [data-opens-palette], which is a link to the page that finds the
// same. The field is a combobox over the options that htmx brings (WAI-ARIA practices, "combobox with listbox popup"): the
// focus stays in it, the arrows move `aria-activedescendant`, Enter follows it. The dialog itself takes care of Escape,
// of keeping the focus inside, and of giving it back.

const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const found = document.getElementById("palette-found");
const said = document.getElementById("palette-said");

const options = () => [...found.querySelectorAll("[role=option]")];
const active = () => found.querySelector("[role=option][aria-selected=true]");

function activate(option) {
  active()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", option?.id ?? "");
}

function move(steps) {
  const all = options();
  if (all.length === 0) return;
  const next = all.indexOf(active()) + steps;
  const option = all[(next + all.length) % all.length];
  activate(option);
  option.scrollIntoView({ block: "nearest" });
}

function open() {
  if (dialog.open) return;
  dialog.showModal();
  input.value = "";
  input.focus();
  htmx.trigger(input, "palette");
}

document.addEventListener("click", (event) => {
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (plain && event.target.closest?.("[data-opens-palette]")) {
    event.preventDefault();
    open();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  }
});

input.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter" && active()) active().click();
  else return;
  event.preventDefault();
});

// What is under the pointer is what a click would take; but options that slide under a pointer at rest choose nothing.
found.addEventListener("pointermove", ({ target }) => {
  const option = target.closest("[role=option]");
  if (option && option !== active()) activate(option);
});

// A link to somewhere on this very page leaves it open otherwise.
found.addEventListener("click", ({ target }) => target.closest("[role=option]") && dialog.close());
dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());

document.addEventListener("htmx:after:swap", ({ target }) => {
  if (target !== input) return; // htmx tells of a swap at the element that asked for it
  const all = options();
  input.setAttribute("aria-expanded", String(all.length > 0));
  activate(all[0]);
  said.textContent = all.length === 0 ? "Nothing found" : `${all.length} found`;
});

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
for (const hint of document.querySelectorAll("[data-opens-palette] kbd")) {
  hint.textContent = mac ? "⌘ K" : "Ctrl K";
  hint.hidden = false;
}
