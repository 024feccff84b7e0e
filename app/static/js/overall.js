// When the overall status changes live, what frames the page follows: the tab's title, its icon, and once, in words, a
// screen reader. (#overall says what they should be; #announcement is the only live region.)

// What is inserted from now on fades in (public.css); what was there at the start stood there at once.
document.addEventListener("htmx:before:swap", () => { document.documentElement.dataset.changed = ""; }, { once: true });

let said = document.getElementById("overall").dataset.title;

document.addEventListener("htmx:after:swap", () => {
  const { title, icon } = document.getElementById("overall").dataset;
  if (title === said) return;
  said = title;
  document.title = title;
  document.getElementById("favicon").href = icon;
  document.getElementById("announcement").textContent = title;
});
