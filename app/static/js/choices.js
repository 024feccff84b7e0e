// What each visitor may choose for themselves: the theme, and whether times are told in the page's zone or in their own.
// Kept in their browser, without a cookie; nothing is sent. A choice that the page makes by itself is not kept.

const root = document.documentElement;

function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name, value, byDefault) {
  try {
    if (value === byDefault) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // It holds until the page is left.
  }
}

/** Let the visitor choose in `select`, and carry out what they have chosen before. */
function offer(select, name, byDefault, carryOut) {
  if (!select) return;
  const kept = recall(name);
  select.value = [...select.options].some(({ value }) => value === kept) ? kept : byDefault;
  select.closest("[hidden]")?.removeAttribute("hidden");
  carryOut(select.value);
  select.addEventListener("change", () => {
    keep(name, select.value, byDefault);
    carryOut(select.value);
  });
}

function show(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
}

// Times. What the page says itself is remembered beside each, so that one can go back to it.

const locale = root.lang === "en" ? "en-GB" : root.lang;
const day = { day: "numeric", month: "short" };
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const forms = {
  moment: new Intl.DateTimeFormat(locale, { weekday: "short", ...day, ...clock }),
  year: new Intl.DateTimeFormat(locale, { ...day, year: "numeric", ...clock }),
  clock: new Intl.DateTimeFormat(locale, clock),
};
const told = document.getElementById("told-in");
const toldByPage = told?.textContent;
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
let inOwnZone = false;

function tellTimes() {
  for (const time of document.querySelectorAll("time[datetime*='T']")) {
    if (inOwnZone) {
      const words = forms[time.dataset.form ?? "moment"].format(new Date(time.dateTime));
      if (time.textContent !== words) {
        time.dataset.told = time.textContent;
        time.textContent = words;
      }
    } else if (time.dataset.told) {
      time.textContent = time.dataset.told;
      delete time.dataset.told;
    }
  }
}

function tellIn(zone) {
  inOwnZone = zone === "visitor";
  told.textContent = inOwnZone ? told.dataset.own.replace("%(zone)s", own.replaceAll("_", " ")) : toldByPage;
  tellTimes();
}

offer(document.getElementById("choose-theme"), "theme", root.dataset.defaultTheme, show);
offer(document.getElementById("choose-zone"), "times", told?.dataset.default, tellIn);
document.addEventListener("htmx:after:swap", () => inOwnZone && tellTimes());
