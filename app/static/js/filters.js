// A list that is narrowed while somebody types keeps its address up to date, so that it can be reloaded, linked and come
// back to. Fields that say nothing are left out of it.

document.addEventListener("htmx:after:swap", ({ detail }) => {
  const form = detail.ctx?.sourceElement;
  if (!form?.matches?.("form[data-keeps-address]")) return;
  const said = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(said).toString();
  history.replaceState(history.state, "", form.getAttribute("action") + (query && `?${query}`));
});
