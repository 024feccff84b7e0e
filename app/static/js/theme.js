// The theme that this visitor has chosen, before anything is drawn: a page that somebody wants dark must not flash.
// (js/choices.js lets them choose. It is kept in their browser; no cookie, nothing is sent.)

try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  else if (chosen === "auto") delete document.documentElement.dataset.theme;
} catch {
  // A browser that keeps nothing shows the page as it is set.
}
