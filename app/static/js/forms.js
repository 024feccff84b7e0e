// After a form was refused or answered, the focus goes to what is to be read first; and fields that only count together
// with a choice (data-needs="scope=some") are off while another one is chosen.

function focusAnswer() {
  const answer = document.querySelector(":is([data-faults], [data-result]):not([data-read])");
  if (answer) {
    answer.dataset.read = "";
    answer.focus();
  }
}

function switchFields(form) {
  for (const fields of form.querySelectorAll("fieldset[data-needs]")) {
    const [name, value] = fields.dataset.needs.split("=");
    fields.disabled = new FormData(form).get(name) !== value;
  }
}

focusAnswer();
document.addEventListener("htmx:after:swap", focusAnswer);
document.querySelectorAll("form:has([data-needs])").forEach(switchFields);
document.addEventListener("change", ({ target }) => target.form && switchFields(target.form));
