// Notifications of this browser: offered where it can show them, asked for only when somebody presses the button. What the
// box says in each state stands in it already, in the page's language; here one of the states is shown. What to hear of can
// be chosen first: the fields come when somebody opens them.

const box = document.querySelector("[data-push-key]");
const fields = box?.querySelector("[data-push-fields]");
const canPush = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

if (box && canPush) begin();

async function begin() {
  box.hidden = false;
  fields.closest("details").addEventListener("toggle", open, { once: true });
  fields.addEventListener("submit", (event) => event.preventDefault());
  box.addEventListener("click", (event) => {
    if (event.target.closest("[data-push-start]")) press(event.target, start);
    if (event.target.closest("[data-push-stop]")) press(event.target, stop);
  });
  const known = await navigator.serviceWorker.getRegistration(scope());
  const subscription = await known?.pushManager.getSubscription();
  if (subscription) await tell(subscription);
  else say(Notification.permission === "denied" ? "denied" : "off");
}

/** What the button does, once at a time; whatever fails is said in the box. */
async function press(button, act) {
  button.disabled = true;
  complain("");
  try {
    await act();
  } catch (error) {
    if (error instanceof Refused) return complain(error.message);
    say(Notification.permission === "denied" ? "denied" : "failed");
  } finally {
    button.disabled = false;
  }
}

async function start() {
  const registration = await navigator.serviceWorker.register(`${home()}/push-worker.js`, { scope: scope() });
  await ready(registration);
  const options = { userVisibleOnly: true, applicationServerKey: box.dataset.pushKey };
  const subscription = await registration.pushManager.subscribe(options);
  try {
    await tell(subscription, chosen());
  } catch (error) {
    await subscription.unsubscribe(); // else the next visit would take it for one that was wanted as it is
    throw error;
  }
}

/** The fields to choose by; without them the browser is told of everything. */
async function open() {
  const answer = await fetch(fields.dataset.pushFields, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return say("failed");
  await htmx.swap({ sourceElement: fields, target: fields, swap: "innerHTML", text: await answer.text() });
  fields.elements[0].dispatchEvent(new Event("change", { bubbles: true })); // js/forms.js: which of them count
}

/** What stands in the fields, by name, if they were opened. */
function chosen() {
  if (!fields.elements.length) return undefined;
  const data = new FormData(fields);
  return Object.fromEntries([...new Set(data.keys())].map((name) => [name, data.getAll(name)]));
}

/** Something of what was chosen cannot be: it is said below the fields, and they stay as they are. */
function complain(words) {
  const fault = fields.querySelector("[data-push-fault]");
  if (!fault) return;
  fault.textContent = words;
  fault.hidden = !words;
}

class Refused extends Error {}

async function stop() {
  const registration = await navigator.serviceWorker.getRegistration(scope());
  const subscription = await registration?.pushManager.getSubscription();
  if (subscription) {
    await post(`${home()}/push/forget`, { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }
  say("off");
}

/** Say to the server that this browser listens, and to what; it answers where that is changed, and how long it holds. */
async function tell(subscription, choices) {
  const sent = { ...subscription.toJSON(), choices };
  const answer = await post(`${home()}/push?lang=${document.documentElement.lang}`, sent);
  const told = await answer.json();
  box.querySelector("[data-push-choices]").href = told.choices;
  sayUntil(told.until);
  say("on");
}

function sayUntil(moment) {
  const place = box.querySelector("[data-push-until]");
  place.hidden = !moment;
  if (!moment) return;
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long" }).format(new Date(moment));
  place.textContent = place.dataset.pushUntil.replace("%(day)s", day);
}

async function post(address, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (answer.status === 422 && answer.headers.get("Content-Type") === "application/json") {
    throw new Refused((await answer.json()).faults.join(" "));
  }
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer;
}

/** A worker that is only just installing cannot be subscribed with yet. */
function ready(registration) {
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  if (worker.state === "activated") return undefined;
  return new Promise((resolve) => {
    worker.addEventListener("statechange", () => worker.state === "activated" && resolve());
  });
}

function say(state) {
  for (const part of box.querySelectorAll("[data-push-state]")) part.hidden = part.dataset.pushState !== state;
}

function home() {
  return box.dataset.pushHome;
}

function scope() {
  return `${home()}/`;
}
