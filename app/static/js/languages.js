// A language that a visitor chose by a link in the page's foot goes with them: it is kept in the browser for this page,
// put into the links that they follow, and asked for when they come back. Without a script each link stands for itself.

const choice = document.querySelector("[data-languages]");
const place = `language ${choice.dataset.languages}`; // the path that all of the page's addresses begin with
const spoken = document.documentElement.lang;

/** What was chosen earlier; nothing where a browser keeps nothing. */
function kept() {
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}

function keep(language) {
  try {
    localStorage.setItem(place, language);
  } catch {
    // then it holds for the links of this page only
  }
}

function withLanguage(address, language) {
  const url = new URL(address, location.href);
  url.searchParams.set("lang", language);
  return url.href;
}

const asked = new URLSearchParams(location.search).get("lang");
if (asked === spoken) keep(asked);
const chosen = asked ?? kept();
if (chosen && chosen !== spoken && choice.querySelector(`[hreflang="${CSS.escape(chosen)}"]`)) {
  location.replace(withLanguage(location.href, chosen));
}

document.addEventListener("click", ({ target }) => {
  const link = target.closest?.("a[href]");
  const isOurs = link?.origin === location.origin && `${link.pathname}/`.startsWith(`${choice.dataset.languages}/`);
  if (!chosen || !isOurs || link.hreflang || link.hash || link.pathname.endsWith(".ics")) return;
  link.href = withLanguage(link.href, chosen);
});
