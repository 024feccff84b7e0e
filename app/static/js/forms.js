// After a form was refused or answered, the focus goes to what is to be read first; and fields that only count together
// with a choice (data-needs="scope=some") are off while another one is chosen.

function focusAnswer() {
  const answer = document.querySelector(":is([data-faults], [data-result]):not([data-read])");
  if (answer) {
    answer.dataset.read = "";
    answer.focus();
  }
}

// What is wrong with more than a field stands at the head of the page, out of sight of a long form's button. Whoever has
// sent a form is taken there; whoever only types, while the page looks something up, is not.
function focusProblem({ target }) {
  const problem = document.querySelector("#problem > :first-child:not([data-read])");
  if (problem && target.matches?.('form[method="post"], button')) {
    problem.dataset.read = "";
    problem.tabIndex = -1;
    problem.focus();
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
document.addEventListener("htmx:after:swap", focusProblem);
document.querySelectorAll("form:has([data-needs])").forEach(switchFields);
document.addEventListener("change", ({ target }) => target.form && switchFields(target.form));
