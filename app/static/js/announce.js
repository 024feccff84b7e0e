// When what a page is about changes live, what frames the page follows: the tab's title, its icon, and once, in words, a
// screen reader. ([data-title] says what they should be; #announcement is the only live region.)

// What is inserted from now on fades in (public.css); what was there at the start stood there at once.
document.addEventListener("htmx:before:swap", () => { document.documentElement.dataset.changed = ""; }, { once: true });

/** What the page says of itself now; of what is not said otherwise, its title is what changes. The same words may be news:
    `newest` is the message that says them. */
function read() {
  const { title, icon, said = title, newest = "" } = document.querySelector("[data-title]").dataset;
  return { title, icon, said, news: newest + said };
}

let heard = read().news;

document.addEventListener("htmx:after:swap", () => {
  const { title, icon, said, news } = read();
  document.title = title;
  const favicon = document.getElementById("favicon");
  if (favicon.getAttribute("href") !== icon) favicon.href = icon;
  if (news === heard) return;
  heard = news;
  document.getElementById("announcement").textContent = said;
});
