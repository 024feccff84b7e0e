// Shows what the page has to tell, also while it is closed. Each message carries the id of its delivery: one that comes a
// second time takes its own place without another sound. What is told later of the same incident takes the earlier's.

const home = new URL("./", self.location.href); // this file lies below its page

self.addEventListener("push", (event) => {
  const news = readNews(event.data);
  if (news) event.waitUntil(show(news));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

// The push service gave the browser another address: the page must know it, or it would be told nothing any more.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event));
});

function readNews(data) {
  try {
    return data.json();
  } catch {
    return null;
  }
}

async function show(news) {
  const shown = await self.registration.getNotifications({ tag: news.tag });
  const isKnown = shown.some((notification) => notification.data?.id === news.id);
  await self.registration.showNotification(news.title, {
    body: news.text,
    lang: news.lang,
    dir: "auto",
    tag: news.tag,
    renotify: !isKnown,
    data: { id: news.id, url: news.url },
  });
}

async function open(address) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const same = windows.find((one) => one.url === address);
  return same ? same.focus() : self.clients.openWindow(address);
}

async function renew(event) {
  const options = event.oldSubscription?.options;
  const fresh = event.newSubscription ?? (options && (await self.registration.pushManager.subscribe(options)));
  const replaces = event.oldSubscription?.endpoint;
  if (fresh) await send("push", { ...fresh.toJSON(), replaces }); // so it keeps what was chosen
  else if (replaces) await send("push/forget", { endpoint: replaces });
}

function send(path, body) {
  const headers = { "Content-Type": "application/json" };
  return fetch(new URL(path, home), { method: "POST", headers, body: JSON.stringify(body) });
}
