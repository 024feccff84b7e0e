// Notifications of this browser: offered where it can show them, asked for only when somebody presses the button. What the
// box says in each state stands in it already, in the page's language; here one of the states is shown.

const box = document.querySelector("[data-push-key]");
const canPush = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

if (box && canPush) begin();

async function begin() {
  box.hidden = false;
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
  try {
    await act();
  } catch {
    say(Notification.permission === "denied" ? "denied" : "failed");
  } finally {
    button.disabled = false;
  }
}

async function start() {
  const registration = await navigator.serviceWorker.register(`${home()}/push-worker.js`, { scope: scope() });
  await ready(registration);
  const options = { userVisibleOnly: true, applicationServerKey: box.dataset.pushKey };
  await tell(await registration.pushManager.subscribe(options));
}

async function stop() {
  const registration = await navigator.serviceWorker.getRegistration(scope());
  const subscription = await registration?.pushManager.getSubscription();
  if (subscription) {
    await post(`${home()}/push/forget`, { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }
  say("off");
}

/** Say to the server that this browser listens; it answers where its choices are made. */
async function tell(subscription) {
  const answer = await post(`${home()}/push?lang=${document.documentElement.lang}`, subscription.toJSON());
  const { choices } = await answer.json();
  box.querySelector("[data-push-choices]").href = choices;
  say("on");
}

async function post(address, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
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
