// Opens a session over the schedule that its link is in, under the session's own address: copied, reloaded or opened
// elsewhere, that shows the whole page, as it does without scripts. Going back closes it, and closing it goes back.

import { front, show } from "./page.js";

const FETCH_MS = 15000;
const SESSION = /^\/sessions\/[^/]+$/;

const template = document.getElementById("sheet");
const here = location.pathname;
const title = document.title;
let dialog = null;
let link = null;
let latest = 0; // numbers what is fetched: only the last one is wanted
let isOver = false; // whether the address is that of a session over this schedule

const isMembers = (page) => page.getElementById("unread") !== null;

/** Fetch a session's page; reject what can only be shown as a whole page. */
async function read(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(FETCH_MS) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Whoever has signed in or out elsewhere must see the frame, too.
  if (!answer.ok || !page.getElementById("session") || isMembers(page) !== isMembers(document)) {
    throw new Error(`answered ${answer.status}`);
  }
  return page;
}

/** Open the session at `address`: `enter` makes it the page's address, `fall` shows it as a whole page instead. */
async function open(address, enter, fall) {
  const [number, pressed] = [++latest, link];
  pressed?.setAttribute("aria-busy", "true");
  const page = await read(address).catch(() => null);
  pressed?.removeAttribute("aria-busy");
  if (number !== latest) return;
  if (!page) return fall();
  enter();
  present(page);
}

function present(page) {
  takeAway();
  isOver = true;
  dialog = document.importNode(template.content.querySelector("dialog"), true);
  dialog.append(document.importNode(page.getElementById("session"), true));
  const heading = dialog.querySelector("h1");
  dialog.setAttribute("aria-labelledby", heading.id);
  document.body.append(dialog);
  dialog.showModal();
  moveBanner();
  document.title = page.title;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  listen(dialog);
  document.dispatchEvent(new Event("front"));
}

function listen(sheet) {
  let pressed = null;
  sheet.addEventListener("pointerdown", (event) => (pressed = event.target));
  sheet.addEventListener("click", (event) => {
    // A press that begins in the text and ends outside marks text; what lies around the sheet is the sheet itself.
    const isAround = event.target === sheet && pressed === sheet && !isWithin(event, sheet);
    if (isAround || event.target.closest(".sheet-top button")) sheet.close();
  });
  sheet.addEventListener("close", () => {
    if (sheet !== dialog) return; // gone back already
    takeAway();
    history.back();
  });
}

function isWithin({ clientX, clientY }, sheet) {
  const { left, right, top, bottom } = sheet.getBoundingClientRect();
  return left <= clientX && clientX <= right && top <= clientY && clientY <= bottom;
}

/** What the banner says must be seen: all behind a dialog is dim. */
function moveBanner() {
  const banner = document.getElementById("banner");
  if (!banner) return;
  if (dialog) dialog.querySelector(".sheet-top").after(banner);
  else document.getElementById("main").prepend(banner);
}

function takeAway() {
  if (!dialog) return;
  const gone = dialog;
  dialog = null;
  moveBanner();
  gone.close();
  gone.remove();
  document.title = title;
  (link?.isConnected ? link : front().querySelector("h1")).focus({ preventScroll: true });
}

function follow(event) {
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const pressed = event.target.closest("#main a[href]");
  if (!isPlain || event.defaultPrevented || !pressed || !SESSION.test(pressed.pathname)) return;
  event.preventDefault();
  link = pressed;
  const enter = () => {
    history.pushState(null, "", link.href);
    history.scrollRestoration = "manual"; // the schedule stays where it is when this is come to again
  };
  open(link.href, enter, () => location.assign(link.href));
}

function go() {
  latest++;
  if (!template) return location.pathname === here || location.reload();
  if (SESSION.test(location.pathname)) {
    link = document.querySelector(`#main a[href="${location.pathname}"]`);
    return dialog ? undefined : open(location.href, () => {}, () => location.reload());
  }
  if (!isOver) return;
  isOver = false;
  takeAway();
  document.dispatchEvent(new Event("front"));
  if (isMembers(document)) show().catch(() => {}); // what was booked meanwhile; live.js says if the line is down
}

addEventListener("popstate", go);
if (template) document.addEventListener("click", follow);
