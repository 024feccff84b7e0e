// A page's settings are previewed while somebody changes them: the form is sent, by its own Preview button, into a frame.
// Each time it is a new frame behind the old one, which goes when the new one is there: nothing flickers, what was
// scrolled to stays in sight, and the browser's history gets no entry for each letter.

const PAUSE = 500; // milliseconds without a change

const form = document.getElementById("settings");
const button = document.querySelector("[data-preview]");
const stage = button.closest("section").querySelector(".stage");
let timer = null;
let number = 0;

function draw() {
  const shown = stage.querySelector("iframe");
  const coming = shown.cloneNode();
  coming.name = button.formTarget = `preview-${++number}`;
  coming.dataset.coming = "";
  stage.querySelectorAll("iframe[data-coming]").forEach((stale) => stale.remove());
  stage.append(coming);
  coming.addEventListener("load", () => {
    if (!coming.isConnected || coming.contentWindow.location.href === "about:blank") return;
    coming.contentWindow.scrollTo(0, shown.contentWindow?.scrollY ?? 0);
    delete coming.dataset.coming;
    for (const frame of stage.querySelectorAll("iframe")) if (frame !== coming && !("coming" in frame.dataset)) frame.remove();
  });
  form.requestSubmit(button);
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(draw, PAUSE);
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, ({ target }) => target.form === form && later());
}
document.addEventListener("htmx:after:swap", later);
draw();
