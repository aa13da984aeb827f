// Turns push on and off on this device. Its words are the page's; which device of the list this one is, only the
// browser knows.

import { DEVICES, MINE, ask, mine, subscribed, turnOff } from "./device.js";
import { show } from "./page.js";

const part = document.getElementById("this_device");
const button = part?.querySelector("button");
let isBusy = false;

function tell(state, isOn) {
  part.querySelector("[role=status]").textContent = part.dataset[state];
  button.textContent = isOn ? part.dataset.stop : part.dataset.start;
}

/** Whether this device is on the list, of whoever is signed in, with the subscription it has. */
async function isOn() {
  const { id, endpoint } = mine();
  const isListed = id && document.getElementById(`device-${id}`) !== null;
  return Boolean(isListed && (await subscribed())?.endpoint === endpoint);
}

async function subscribe(pushManager) {
  const options = { userVisibleOnly: true, applicationServerKey: part.dataset.key };
  try {
    return await pushManager.subscribe(options);
  } catch (error) {
    // The studio had another key when this browser subscribed.
    if (error.name !== "InvalidStateError") throw error;
    await (await pushManager.getSubscription())?.unsubscribe();
    return pushManager.subscribe(options);
  }
}

async function turnOn() {
  // Asked first: browsers let a page ask only right after something was pressed.
  if ((await Notification.requestPermission()) !== "granted") return;
  await navigator.serviceWorker.register("/sw.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  const subscription = await subscribe(pushManager);
  const { id } = await (await ask("POST", DEVICES, subscription)).json();
  localStorage.setItem(MINE, JSON.stringify({ id, endpoint: subscription.endpoint }));
}

async function settle(failed) {
  const on = await isOn();
  const state = Notification.permission === "denied" ? "denied" : on ? "on" : "off";
  tell(failed ? "error" : state, on);
}

async function change() {
  const wasOn = await isOn();
  tell("busy", wasOn);
  try {
    await (wasOn ? turnOff() : turnOn());
  } finally {
    await show();
  }
}

async function press() {
  if (isBusy) return;
  isBusy = true;
  const failed = await change().then(() => false, () => true);
  await settle(failed);
  isBusy = false;
}

async function begin() {
  await settle(false);
  button.addEventListener("click", press);
  part.hidden = false;
}

const canPush = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
// Some browsers have all of it and refuse it, in a private window.
if (part && canPush) begin().catch(() => {});
