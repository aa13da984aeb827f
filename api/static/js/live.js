// Hears on one event stream of the sessions a page shows, my bookings and my inbox, and has the page brought up to
// date. It hears nothing while nobody looks: browsers open few connections to a server.

import { count } from "./counts.js";
import { front, pause, say, show } from "./page.js";

const SESSIONS_MAX = 50; // as many as /v1/events watches
const LOST_AFTER_MS = 3000; // a stream that comes again at once is not worth a word
const OPEN_AGAIN_MS = 5000;
const GATHER_MS = 50; // what happens together is fetched together
const APART_MS = 2000;
const APART_MS_MAX = 30000;

let source = null;
let lostTimer = 0;
let wasLost = false;
let heard = new Set();
let timer = 0;
let dueAt = Infinity;
let last = 0;
let apart = APART_MS;

/** Bring the page up to date: for what is mine at once, for what others do soon, and less often the longer they go on.
 * How full a session is shows by then; of everybody who looks at it no two shall fetch the rest at the same time. */
function refresh(isMine) {
  const now = Date.now();
  const at = isMine ? now + GATHER_MS * (1 + Math.random()) : Math.max(now, last + apart) + apart * Math.random();
  if (at >= dueAt) return;
  clearTimeout(timer);
  dueAt = at;
  timer = setTimeout(load, at - now);
}

async function load() {
  dueAt = Infinity;
  if (document.hidden) return;
  apart = Date.now() - last < 3 * apart ? Math.min(2 * apart, APART_MS_MAX) : APART_MS;
  last = Date.now();
  await show().catch(() => pause(OPEN_AGAIN_MS).then(() => refresh(true)));
}

function open() {
  if (source || document.hidden) return;
  const ids = new Set([...front().querySelectorAll("[data-session]")].map((one) => one.dataset.session));
  const watched = [...ids].slice(0, SESSIONS_MAX).map((id) => ["session_id", id]);
  source = new EventSource("/v1/events?" + new URLSearchParams(watched));
  heard = new Set();
  source.addEventListener("open", found);
  source.addEventListener("error", lost);
  source.addEventListener("session", (event) => hearSession(JSON.parse(event.data)));
  source.addEventListener("inbox", (event) => hearInbox(JSON.parse(event.data)));
  source.addEventListener("booking", () => refresh(true));
  source.addEventListener("command", () => {
    document.dispatchEvent(new Event("settled"));
    refresh(true);
  });
  source.addEventListener("notification", () => document.getElementById("inbox") && refresh(true));
}

function stopTimer() {
  clearTimeout(lostTimer);
  lostTimer = 0;
}

function close() {
  source?.close();
  source = null;
  stopTimer();
}

function found() {
  stopTimer();
  say("lost", false);
  if (wasLost && source) refresh(true);
  wasLost = false;
}

async function lost() {
  wasLost = true;
  lostTimer ||= setTimeout(() => say("lost", true), LOST_AFTER_MS);
  if (source?.readyState !== EventSource.CLOSED) return; // the browser itself comes again
  source = null;
  if ((await show().catch(() => true)) === false) return found();
  await pause(OPEN_AGAIN_MS * (1 + Math.random()));
  open();
}

function hearSession(session) {
  const { id, status, booked, waitlisted, capacity } = session;
  const shown = front().querySelector(`[data-session="${id}"]`);
  // The first state is only news if the page shows another; a later one may have moved me in the line.
  const isNews = shown?.dataset.state !== [status, booked, waitlisted, capacity].join(" ");
  if (shown && isNews) count(shown, session);
  if (shown && (isNews || (heard.has(id) && "mine" in shown.dataset))) refresh();
  heard.add(id);
}

function hearInbox({ unread }) {
  const { unread: shown, most } = document.getElementById("unread").dataset;
  if (Math.min(unread, most) !== (parseInt(shown, 10) || 0)) refresh(true);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return close();
  open();
  refresh(true);
});
addEventListener("offline", () => {
  close();
  wasLost = true;
  say("lost", true);
});
document.addEventListener("front", () => {
  close();
  open();
});
for (const name of ["online", "pageshow"]) addEventListener(name, open);
addEventListener("pagehide", close);
open();
