// Whether this page hears of changes, said truthfully in [data-live]; and polling where no WebSocket gets through.
// htmx (hx-ws) keeps the socket and swaps what it brings. Here we remember the mark of what the page shows, so that whoever
// connects again gets what was missed, notice lines that have died silently, and ask by HTTP while there is no socket.

const FAILURES_BEFORE_POLLING = 2;
const POLL_SECONDS = 15; // and as much again at random, so that visitors who lost the same server do not return together
const LONGEST_POLL_SECONDS = 120;
const LOOK_SECONDS = 5;

const words = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}"); // English → the page's language
const say = (text) => words[text] ?? text;

const sign = document.querySelector("[data-live]");
let line = document.querySelector("[hx-ws\\:connect]");
let mark = markOf(addressOfSocket()); // of what the page shows: its revision, and when that turns without a change
let connection = null; // hx-ws's; its url is read each time it connects
let isOpen = false;
let hasEnded = false;
let failures = 0;
let heardAt = Date.now();
let silenceSeconds = 65; // how long an open socket may say nothing; the server tells its own pace with each beat
let pollTimer = null;
let pollFailures = 0;

// Full jitter: after a restart all visitors come back, but not in the same second.
const PATIENCE = { reconnectDelay: 1_000, reconnectMaxDelay: 30_000, reconnectJitter: 1 };

function addressOfSocket() {
  return new URL(line.getAttribute("hx-ws:connect"), location.href);
}

function markOf(address) {
  return { revision: address.searchParams.get("revision") ?? "", until: address.searchParams.get("until") ?? "0" };
}

/** The address, saying what the page shows. */
function marked(address) {
  for (const [name, value] of Object.entries(mark)) address.searchParams.set(name, value);
  return address;
}

function show(state, words) {
  if (sign.dataset.live !== state) sign.dataset.live = state;
  if (sign.textContent !== words) sign.textContent = words;
}

function timeOf(moment) {
  const { timeZone } = sign.dataset; // the page's own, if it says so
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
  return new Intl.DateTimeFormat(document.documentElement.lang || undefined, clock).format(moment);
}

function showOffline() {
  show("offline", say("Offline, last update %(time)s").replace("%(time)s", timeOf(heardAt)));
}

/** The page shows this state of things now. */
function heard() {
  heardAt = Date.now();
}

/** Read the mark at the end of a message that has been swapped in. */
function take(message) {
  const found = /<!--revision (\d+)(?: until (\d+))?-->$/.exec(message);
  if (!found) return;
  mark = { revision: found[1], until: found[2] ?? "0" };
  if (connection) connection.url = marked(new URL(connection.url)).href;
}

/** Nobody will tell this page anything any more. */
function end(words) {
  hasEnded = true;
  stopPolling();
  show("offline", words);
}

/** Forget the socket, whatever state it is in, and open a new one now. */
function connectAnew() {
  const fresh = line.cloneNode();
  const address = marked(addressOfSocket());
  fresh.setAttribute("hx-ws:connect", address.pathname + address.search);
  fresh.removeAttribute("data-htmx-powered");
  isOpen = false;
  show("reconnecting", say("Reconnecting"));
  htmx.swap({ sourceElement: line, target: line, swap: "outerHTML", text: fresh.outerHTML }).then(() => {
    line = document.querySelector("[hx-ws\\:connect]");
  });
}

// The socket

function adopt(theirs) {
  connection = theirs;
  Object.assign(connection.config, PATIENCE);
}

function opened() {
  isOpen = true;
  failures = 0;
  stopPolling();
  heard();
  show("connected", say("Live"));
}

document.addEventListener("htmx:ws:before:connection", ({ detail }) => adopt(detail.connection));
document.addEventListener("htmx:ws:after:connection", opened);

document.addEventListener("htmx:ws:close", ({ detail }) => {
  if (detail.reason !== "closed" || hasEnded) return;
  isOpen = false;
  if (detail.code === 1008) return end(say("Updates have ended. Reload the page."));
  if (document.hidden) return; // hx-ws pauses in the background; it connects again when the page is looked at
  failures += 1;
  if (!navigator.onLine) showOffline();
  else if (pollTimer === null) show("reconnecting", say("Reconnecting"));
  const givenUp = !detail.connection.config.reconnectCodes.includes(detail.code);
  if (givenUp || failures >= FAILURES_BEFORE_POLLING) startPolling();
});

document.addEventListener("htmx:ws:before:message:incoming", ({ detail }) => {
  heard();
  const beat = /^\{"beat": ?(\d+)\}$/.exec(detail.message.data);
  if (beat) silenceSeconds = Number(beat[1]) * 2.5;
});

document.addEventListener("htmx:ws:after:message:incoming", ({ detail }) => take(detail.message.data));

document.addEventListener("htmx:ws:error", ({ detail }) => {
  // Not a lost line (that closes), but no line at all, or a message that could not be swapped in.
  if (detail.error instanceof Error) startPolling();
});

// Polling

function startPolling() {
  if (pollTimer === null && !hasEnded) poll();
}

function stopPolling() {
  clearTimeout(pollTimer);
  pollTimer = null;
  pollFailures = 0;
}

function pollAgain() {
  const seconds = Math.min(LONGEST_POLL_SECONDS, POLL_SECONDS * 2 ** pollFailures);
  pollTimer = setTimeout(poll, seconds * (1 + Math.random()) * 1_000);
}

async function poll() {
  pollAgain(); // first: there is a timer from now on, whatever happens below
  if (document.hidden) return;
  const address = marked(addressOfSocket());
  address.pathname = address.pathname.replace(/live$/, "fragments");
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(10_000) });
    if ([401, 403, 404, 410].includes(answer.status)) return end(say("Updates have ended. Reload the page."));
    if (!answer.ok) throw new Error(answer.statusText);
    const message = answer.status === 204 ? "" : await answer.text();
    if (message) await htmx.swap({ sourceElement: line, target: line, swap: "none", text: message });
    take(message);
    heard();
    pollFailures = 0;
    if (isOpen) stopPolling();
    else show("polling", say("Checked %(time)s").replace("%(time)s", timeOf(heardAt)));
  } catch {
    pollFailures += 1;
    if (!isOpen && !hasEnded) showOffline();
  }
}

// The world around

addEventListener("offline", () => !hasEnded && showOffline());

addEventListener("online", () => {
  if (hasEnded) return;
  stopPolling();
  connectAnew();
});

addEventListener("pageshow", ({ persisted }) => {
  if (persisted && !hasEnded) connectAnew(); // hx-ws said goodbye when the page went into the back-forward cache
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden || isOpen || hasEnded) return;
  show("reconnecting", say("Reconnecting"));
  if (pollTimer === null) return; // hx-ws connects by itself
  stopPolling();
  startPolling();
});

setInterval(() => {
  // A line can die without a word (a laptop that slept, a network that changed): the browser would call it open for ever.
  if (isOpen && !document.hidden && Date.now() - heardAt > silenceSeconds * 1_000) connectAnew();
}, LOOK_SECONDS * 1_000);

show("reconnecting", say("Connecting"));
const already = line._htmx?.ws?.connection; // htmx does not wait for modules: it may have connected before we listened
if (already) adopt(already);
if (already?.socket.readyState === WebSocket.OPEN) opened();
