// A box in the head of a table ticks all others in its form; without this script it is not there. Another one, for all
// that were found beyond this page, holds only as long as everything on the page is ticked too.

for (const all of document.querySelectorAll("[data-tick-all]")) {
  const everybody = all.form.querySelector("[data-tick-everybody]");
  const boxes = () => [...all.form.elements].filter((one) => one.type === "checkbox" && one !== all && one !== everybody);
  const tick = (checked) => boxes().forEach((one) => { one.checked = checked; });
  all.hidden = false;
  all.addEventListener("change", () => tick(all.checked));
  everybody?.addEventListener("change", () => { if (everybody.checked) tick(true); });
  all.form.addEventListener("change", () => {
    all.checked = boxes().every((one) => one.checked);
    if (everybody && !all.checked) everybody.checked = false;
  });
}
