// Sends the forms that book and cancel, and follows the command until it is settled. Each is sent with the form's own
// key: sent again, after a lost connection or without scripts, it counts once.

import { focusHeading, front, pause, say, show } from "./page.js";

const SEND_MS = 15000;
const LOOK_MS = 1000;
const AGAIN_MS_MAX = 8000;
const AWAY = new Set([429, 502, 503, 504]);

const toSignIn = () => location.assign("/sign-in?next=" + encodeURIComponent(location.pathname + location.search));

const PURPOSES = [
  {
    action: /^\/sessions\/([^/]+)\/book$/,
    operation: (id) => `/v1/sessions/${id}/bookings`,
    body: (fields) => ({ pass_id: fields.get("pass_id") }),
    page: (command) => `/sessions/${command.session_id}?command=${command.id}`,
  },
  {
    action: /^\/bookings\/([^/]+)\/cancel$/,
    operation: (id) => `/v1/bookings/${id}/cancellation`,
    body: () => ({}),
    page: (command) => `/bookings?command=${command.id}`,
  },
];

document.addEventListener("submit", (event) => {
  const form = event.target;
  const path = new URL(form.action).pathname;
  if (path === "/sign-out" && localStorage.getItem("seatline.device")) return leave(event);
  const purpose = PURPOSES.find((one) => form.method === "post" && one.action.test(path));
  if (!purpose) return;
  event.preventDefault();
  if (!form.hasAttribute("aria-busy")) send(form, purpose, path.match(purpose.action)[1]);
});

/** Sign out of a device that is pushed to: whoever uses it next shall not hear what was meant for this member. */
async function leave(event) {
  event.preventDefault();
  const { turnOff } = await import("./device.js");
  await turnOff().catch(() => {}); // signed out all the same
  event.target.submit();
}

async function send(form, purpose, id) {
  const fields = new FormData(form);
  const button = form.querySelector("button");
  const hadFocus = button === document.activeElement;
  const dialog = form.closest("dialog");
  mark(form, button, true);
  const answer = await insist(purpose.operation(id), {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Idempotency-Key": fields.get("key"),
      "X-Form-Token": fields.get("form_token"),
      Prefer: "wait=1",
    },
    body: JSON.stringify(purpose.body(fields)),
  });
  if (answer.status === 401) return toSignIn();
  const told = await answer.json().catch(() => ({}));
  const command = answer.ok ? told : told.command;
  // Whatever else is wrong, the page that answers the form itself says it in words; the key is the same.
  if (!command) return form.submit();
  const page = purpose.page(command);
  if (command.status === "waiting") {
    await again(() => show(page, dialog));
    await follow(command.id);
  }
  mark(form, button, false);
  form.elements.key.value = [...crypto.getRandomValues(new Uint32Array(4))].join("-");
  if (hadFocus) button.focus({ preventScroll: true });
  await again(() => show(page, dialog));
  if (hadFocus && document.activeElement === document.body) focusHeading("section.card h2");
}

function mark(form, button, isBusy) {
  if (isBusy) form.setAttribute("aria-busy", "true");
  else form.removeAttribute("aria-busy");
  button.disabled = isBusy;
}

async function follow(id) {
  for (;;) {
    await settledOrSoon();
    const answer = await insist(`/v1/commands/${id}`, {});
    if (answer.status === 401) return toSignIn();
    const { status, ahead } = await answer.json();
    if (status !== "waiting") return;
    const shown = document.querySelector("[data-ahead]");
    const most = Number(shown?.dataset.most);
    if (shown) shown.textContent = ahead < most ? ahead : `${most}+`;
  }
}

const settledOrSoon = () =>
  new Promise((go) => {
    document.addEventListener("settled", go, { once: true, signal: AbortSignal.timeout(LOOK_MS) });
    setTimeout(go, LOOK_MS);
  });

/** Fetch until the application itself answers; the banner says so meanwhile. */
const insist = (address, request) =>
  again(async () => {
    const answer = await fetch(address, { ...request, signal: AbortSignal.timeout(SEND_MS) });
    if (AWAY.has(answer.status)) throw answer; // which may say when to come again
    return answer;
  });

async function again(work) {
  for (let wait = LOOK_MS / 2; ; wait = Math.min(wait * 2, AGAIN_MS_MAX)) {
    try {
      const done = await work();
      say("retrying", false);
      return done;
    } catch (away) {
      say("retrying", true);
      const told = 1000 * (away.headers?.get("Retry-After") ?? 0);
      await pause(Math.max(wait, told) * (1 + Math.random() / 2));
    }
  }
}

function followWaiting() {
  const waiting = front().querySelector("[data-waiting]");
  if (waiting) follow(waiting.dataset.waiting).then(() => again(() => show()));
}

document.addEventListener("front", followWaiting);
followWaiting();
