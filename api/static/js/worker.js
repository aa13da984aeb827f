// The service worker: shows what is pushed to this device, and leads to the page that it speaks of. It fetches nothing
// and keeps nothing, so that no page is ever an old one.

const PLAIN = { title: "Seatline", body: "There is something new in your inbox.", url: "/inbox" };

addEventListener("install", () => skipWaiting());

addEventListener("push", (event) => {
  // Browsers insist on a notification for each push, and show a worse one themselves.
  const { title, body, tag, url } = read(event.data);
  const options = { body: text(body), tag: text(tag), data: { url: ours(text(url)) }, icon: "/static/icon.svg" };
  event.waitUntil(registration.showNotification(title, options));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data.url));
});

function read(data) {
  try {
    const said = data.json();
    return text(said.title) ? said : PLAIN;
  } catch {
    return PLAIN;
  }
}

const text = (value) => (typeof value === "string" ? value : "");

/** The whole address of a page of ours; of the inbox, for any other. */
function ours(address) {
  const url = URL.canParse(address, location.origin) && new URL(address || PLAIN.url, location.origin);
  return url && url.origin === location.origin ? url.href : location.origin + PLAIN.url;
}

async function lead(address) {
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = windows.find((one) => one.url === address);
  await (open ? open.focus() : clients.openWindow(address));
}
