// A box in the head of a table ticks all others in its form; without this script it is not there.

for (const all of document.querySelectorAll("[data-tick-all]")) {
  const boxes = () => [...all.form.elements].filter((one) => one.type === "checkbox" && one !== all);
  all.hidden = false;
  all.addEventListener("change", () => boxes().forEach((one) => { one.checked = all.checked; }));
  all.form.addEventListener("change", () => { all.checked = boxes().every((one) => one.checked); });
}
