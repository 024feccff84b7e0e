// A strip of days is one control (role="slider"): pointer, finger or arrow keys choose a day, whose detail is loaded and
// shown in a popover beside it. Hovering shows it until the pointer leaves both; a click, a finger or Enter pins it, Escape
// closes it. Everything is found again from the event, so strips that arrive live need no set-up.

const PAUSE = 120; // ms on one day before its detail is asked for: a sweep over the strip asks for none
const GRACE = 280; // ms to get from the strip to the popover
const GAP = 8; // px between cell and popover, and between popover and window

const words = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}"); // English → the page's language
const say = (text) => words[text] ?? text;
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

const details = new Map(); // address → HTML; emptied when the page changes live
const popover = document.createElement("div");
popover.id = "day-detail";
popover.className = "popover";
popover.popover = "manual";
popover.tabIndex = -1;
popover.setAttribute("role", "dialog");
document.body.append(popover);

let strip = null;
let chosen = null;
let pinned = false;
let loading, leaving, request;

const cellsOf = (strip) => [...strip.children].filter((cell) => cell.getClientRects().length);
const isRightToLeft = (element) => getComputedStyle(element).direction === "rtl";
const LABELS = {
  operational: "Operational", degraded_performance: "Degraded performance", partial_outage: "Partial outage",
  major_outage: "Major outage", under_maintenance: "Under maintenance", no_data: "No data",
};
const isHeat = (cell) => cell.parentElement.classList.contains("heat");
/** A cell of a heatmap says it itself, if it has anything to say. */
const labelOf = (cell) => (isHeat(cell) ? (cell.dataset.says ?? "No downtime") : say(LABELS[cell.dataset.status ?? "operational"]));
/** A label as a sentence goes on with it; German keeps its capitals. */
const inSentence = (label) => (language === "de" ? label : label[0].toLowerCase() + label.slice(1));

/** The date of a cell, as a UTC midnight: cells count back from the strip's last day. */
function dateOf(cell) {
  const cells = cell.parentElement.children;
  const back = cells.length - 1 - Array.prototype.indexOf.call(cells, cell);
  const date = new Date(`${cell.parentElement.dataset.last}T00:00Z`);
  date.setUTCDate(date.getUTCDate() - back);
  return date;
}

function dayInWords(cell) {
  if (cell === cell.parentElement.lastElementChild) return say("Today");
  return dateOf(cell).toLocaleDateString(language, {
    timeZone: "UTC", weekday: "long", day: "numeric", month: "long",
  });
}

function choose(cell) {
  clearTimeout(leaving);
  if (cell === chosen) return;
  forget();
  chosen = cell;
  strip = cell.parentElement;
  mark(cell);
  open(cell);
}

function mark(cell) {
  cell.classList.add("chosen");
  strip.ariaValueMin = strip.childElementCount - cellsOf(strip).length + 1;
  strip.ariaValueNow = Array.prototype.indexOf.call(strip.children, cell) + 1;
  strip.ariaValueText = `${dayInWords(cell)}: ${inSentence(labelOf(cell))}`;
  popover.ariaLabel = `${strip.dataset.name}, ${strip.ariaValueText}`;
}

const addressOf = (cell) => `${strip.dataset.history}/days/${dateOf(cell).toISOString().slice(0, 10)}`;

/** Let go of the chosen day without closing. */
function forget() {
  clearTimeout(loading);
  request?.abort();
  chosen?.classList.remove("chosen");
  chosen = null;
}

function close() {
  clearTimeout(leaving);
  forget();
  pinned = false;
  if (popover.contains(document.activeElement)) strip?.focus();
  if (popover.matches(":popover-open")) popover.hidePopover();
}

function closeSoon() {
  clearTimeout(leaving);
  if (!pinned) leaving = setTimeout(close, GRACE);
}

function open(cell) {
  const address = addressOf(cell);
  if (details.has(address)) {
    show(details.get(address), cell);
  } else {
    showAtOnce(cell);
    loading = setTimeout(() => load(address, cell), PAUSE);
  }
}

async function load(address, cell) {
  request = new AbortController();
  try {
    const answer = await fetch(address, { signal: request.signal, headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const html = await answer.text();
    details.set(address, html);
    if (cell === chosen) await show(html, cell);
  } catch (error) {
    const wait = popover.querySelector(".wait");
    if (wait && error.name !== "AbortError") wait.textContent = say("The detail of this day could not be loaded.");
  }
}

async function show(html, cell) {
  await htmx.swap({ sourceElement: popover, target: popover, swap: "innerHTML", text: html });
  if (cell === chosen) place(cell);
}

/** What the strip itself knows, until the detail is there. */
function showAtOnce(cell) {
  const day = document.createElement("div");
  const head = document.createElement("div");
  const name = document.createElement("strong");
  const state = document.createElement("span");
  const wait = document.createElement("p");
  day.className = "day";
  head.className = "row spread";
  state.className = "status";
  wait.className = "wait muted";
  if (!isHeat(cell)) state.dataset.status = cell.dataset.status ?? "operational";
  state.textContent = labelOf(cell);
  name.textContent = dateOf(cell).toLocaleDateString(language, { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" }).replace(language === "en-GB" ? "," : "", "");
  wait.textContent = say("Loading …");
  head.append(name, state);
  day.append(head, wait);
  popover.replaceChildren(day);
  place(cell);
}

/** Under the cell, or above it where there is no room; always inside the window. */
function place(cell) {
  if (!popover.matches(":popover-open")) popover.showPopover({ source: strip });
  const at = cell.getBoundingClientRect();
  const row = strip.getBoundingClientRect();
  const width = popover.offsetWidth;
  const height = popover.offsetHeight;
  const left = Math.max(GAP, Math.min(at.left + at.width / 2 - width / 2, document.documentElement.clientWidth - width - GAP));
  const fitsBelow = row.bottom + GAP + height <= innerHeight || row.top - GAP - height < 0;
  const top = fitsBelow ? row.bottom + GAP : row.top - GAP - height;
  popover.style.left = `${left + scrollX}px`;
  popover.style.top = `${top + scrollY}px`;
}

/** The visible cell at a pointer's place; gaps belong to their neighbours. */
function cellAt(strip, x) {
  const cells = cellsOf(strip);
  const { left, right, width } = strip.getBoundingClientRect();
  const share = (isRightToLeft(strip) ? right - x : x - left) / width;
  return cells[Math.max(0, Math.min(cells.length - 1, Math.floor(share * cells.length)))];
}

const stripOf = (event) => event.target.closest?.("[role=slider][data-history]");

document.addEventListener("pointermove", (event) => {
  const under = stripOf(event);
  if (under && !(pinned && event.pointerType === "mouse")) choose(cellAt(under, event.clientX));
});

document.addEventListener("pointerover", (event) => {
  if (popover.contains(event.target)) clearTimeout(leaving);
  else if (chosen && !stripOf(event)) closeSoon();
});

document.documentElement.addEventListener("pointerleave", () => chosen && closeSoon());

document.addEventListener("pointerdown", (event) => {
  const under = stripOf(event);
  if (under) {
    choose(cellAt(under, event.clientX));
    pinned = true;
  } else if (!popover.contains(event.target)) {
    close();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen) {
    const within = popover.contains(document.activeElement);
    close();
    if (within) event.preventDefault();
    return;
  }
  const focused = stripOf(event);
  if (!focused) return;
  const cells = cellsOf(focused);
  const last = cells.length - 1;
  const current = chosen?.parentElement === focused ? cells.indexOf(chosen) : last;
  const forward = isRightToLeft(focused) ? -1 : 1;
  const moves = {
    ArrowLeft: current - forward, ArrowRight: current + forward, ArrowDown: current - 1, ArrowUp: current + 1,
    PageDown: current - 7, PageUp: current + 7, Home: 0, End: last,
  };
  if (event.key in moves) {
    choose(cells[Math.max(0, Math.min(last, moves[event.key]))]);
  } else if (event.key === "Enter" || event.key === " ") {
    choose(cells[current]);
    pinned = true;
    popover.focus();
  } else {
    return;
  }
  event.preventDefault();
});

document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const inside = (element) => element === strip || popover.contains(element);
  if (chosen && inside(target) && relatedTarget && !inside(relatedTarget)) close();
});

addEventListener("resize", () => chosen && (chosen.getClientRects().length ? place(chosen) : close()));

document.addEventListener("htmx:after:swap", ({ target }) => {
  if (target === popover) return;
  details.clear();
  if (!chosen) return;
  if (!chosen.isConnected) return close();
  // The strip was morphed into its new state: the day stays chosen, its detail is asked for again without a flicker.
  mark(chosen);
  load(addressOf(chosen), chosen);
});
