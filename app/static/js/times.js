// Times that people can place: how long ago it was, and what it is in the visitor's own zone.
// [data-age="2026-11-21T08:42:00Z"] is filled with " · 38 minutes ago" or " · in 3 days" and kept true while the page is open;
// <time datetime> gets the visitor's own time as its title when the pointer first comes over it.

const words = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}"); // English → the page's language
const say = (text) => words[text] ?? text;

// Not "yesterday": 30 hours ago may be the day before that.
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
const own = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "long" });
const steps = [["day", 86_400], ["hour", 3_600], ["minute", 60]];

function age(seconds) {
  const [unit, length] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? [];
  if (!unit) return say(seconds > 0 ? "in less than a minute" : "just now");
  return relative.format(Math.trunc(seconds / length), unit);
}

function refresh() {
  const now = Date.now();
  for (const element of document.querySelectorAll("[data-age]")) {
    const words = ` · ${age((Date.parse(element.dataset.age) - now) / 1000)}`;
    if (element.textContent !== words) element.textContent = words;
  }
}

refresh();
setInterval(refresh, 20_000);
document.addEventListener("htmx:after:swap", refresh);
document.addEventListener("visibilitychange", () => document.hidden || refresh());

document.addEventListener("pointerover", ({ target }) => {
  const time = target.closest?.("time[datetime*='T']");
  if (time && !time.title) time.title = say("%(time)s, your time").replace("%(time)s", own.format(new Date(time.dateTime)));
});
