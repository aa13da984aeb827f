// Brings a page up to date. All words are the server's: the page is fetched again, and what is marked `data-live` in
// it is changed in place, so that focus and choices stay.

const FETCH_MS = 15000;
const said = new Set();
let turn = Promise.resolve();

export const pause = (ms) => new Promise((go) => setTimeout(go, ms));

/** What is in front: a session that is open over the schedule, else the page itself. The address is that of the front,
 * and the event "front" tells that another one is. */
export const front = () => document.querySelector("dialog[open]") ?? document.getElementById("main");

/** Say, or no longer say, one of the banner's sentences, which the layout has. */
export function say(name, on) {
  said[on ? "add" : "delete"](name);
  const banner = document.getElementById("banner");
  const sentence = banner.dataset[[...said].pop()] ?? "";
  if (banner.textContent === sentence) return;
  const note = document.createElement("p");
  note.className = "note warn";
  note.textContent = sentence;
  banner.replaceChildren(...(sentence ? [note] : []));
}

/** Show the page at `address`, or this one anew. Resolves to false if the sign-in has ended; rejects offline. Where
 * `asker` asks for an address, a dialog that may be closed by then, what is in front instead is shown anew. */
export function show(address, asker) {
  const work = () => load(asker?.isConnected === false ? undefined : address);
  turn = turn.then(work, work);
  return turn;
}

async function load(address) {
  const [before, place] = [front(), location.href];
  const asked = { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(FETCH_MS) };
  const answer = await fetch(address ?? location.href, asked);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.status >= 500) throw new Error(`answered ${answer.status}`);
  // Somebody has gone elsewhere meanwhile, where what is shown is fetched anew anyway.
  if (front() !== before || (!address && location.href !== place)) return true;
  const isSignedIn = fresh.getElementById("unread") !== null;
  say("ended", !isSignedIn);
  if (!isSignedIn) return false;
  const focused = document.activeElement;
  const isSame = new URL(answer.url).pathname === location.pathname;
  const isHere = isSame && (!address || before.querySelector("[data-live]"));
  if (answer.url !== location.href) history.replaceState(null, "", answer.url);
  if (isHere) {
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(old.id);
      if (now) bring(old, now);
    }
  } else {
    document.title = fresh.title;
    document.getElementById("main").replaceWith(fresh.getElementById("main"));
    for (const name of said) say(name, true);
    scrollTo(0, 0);
  }
  keepFocus(focused, isHere);
  if (isHere && address) document.getElementById("outcome")?.scrollIntoView({ block: "nearest" });
  return true;
}

function keepFocus(focused, isHere) {
  if (isHere && (focused === document.activeElement || focused === document.body)) return;
  if (focused.isConnected && focused !== document.body) focused.focus({ preventScroll: true });
  else focusHeading(isHere ? "section.card h2" : ".note strong");
}

/** Give the focus to the heading of what is new, where what had it is gone. */
export function focusHeading(heading) {
  const next = front().querySelector(heading) ?? front().querySelector("h1");
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
}

const isAlike = (one, other) =>
  one.nodeName === other.nodeName &&
  one.id === other.id &&
  ["name", "type", "action", "href"].every((name) => one.getAttribute?.(name) === other.getAttribute?.(name));

function bring(old, fresh) {
  // A form on its way stays as it is; one that is filled in keeps its key, since it is still the same form.
  if (old.isEqualNode(fresh) || old.ariaBusy || old.name === "key") return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "tabindex") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  bringChildren(old, [...fresh.childNodes]);
}

function bringChildren(old, wanted) {
  const ids = new Set(wanted.map((one) => one.id).filter(Boolean));
  let at = old.firstChild;
  for (const fresh of wanted) {
    const twin = findTwin(old, at, fresh, ids);
    if (!twin) {
      old.insertBefore(document.importNode(fresh, true), at);
      continue;
    }
    if (twin === at) at = at.nextSibling;
    else old.insertBefore(twin, at);
    bring(twin, fresh);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function findTwin(old, at, fresh, ids) {
  if (fresh.id) return [...old.children].find((one) => one.id === fresh.id && isAlike(one, fresh));
  return at && !ids.has(at.id) && isAlike(at, fresh) ? at : null;
}
