// Lets the arrow keys go about the days of a week or a month; Tab reaches every link as ever.

const calendar = document.querySelector("[data-calendar]");
const isMonth = calendar?.tagName === "TABLE";

const links = () => [...calendar.querySelectorAll("[data-day]")];
const linkOf = (day) => calendar.querySelector(`[data-day="${day}"]`);
/** The links of a day: the day itself, and its sessions. */
const partsOf = (link) => [...link.closest("td, section").querySelectorAll("a")].filter((one) => one.getClientRects().length);

function shift(day, { days = 0, months = 0 }) {
  const at = new Date(`${day}T12:00Z`);
  const wanted = at.getUTCDate() + days;
  if (!months) at.setUTCDate(wanted);
  else {
    at.setUTCMonth(at.getUTCMonth() + months, 1);
    const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
    at.setUTCDate(Math.min(wanted, last));
  }
  return at.toISOString().slice(0, 10);
}

/** Go to that day, on the page beside this one if it lies there, which finds it in its address; `index` is which of
 * the day's links. */
function goTo(day, index = 0) {
  const link = linkOf(day);
  if (link) return focus(partsOf(link)[index] ?? partsOf(link).at(-1));
  const side = day < links()[0].dataset.day ? "prev" : "next";
  location.assign(`${document.querySelector(`.week-nav [rel=${side}]`).href}#on-${day}`);
}

function focus(link) {
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
}

const edge = (day, isEnd) => {
  const weekday = (new Date(`${day}T12:00Z`).getUTCDay() + 6) % 7;
  const week = links().map((one) => one.dataset.day);
  const wanted = shift(day, { days: isEnd ? 6 - weekday : -weekday });
  return wanted < week[0] ? week[0] : wanted > week.at(-1) ? week.at(-1) : wanted;
};

function upOrDown(parts, index, day, step) {
  if (isMonth) goTo(shift(day, { days: 7 * step }));
  else focus(parts[index + step]);
}

function press(event) {
  const at = event.target.closest?.("td, section");
  const day = at?.querySelector("[data-day]")?.dataset.day;
  if (!day || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const parts = partsOf(at.querySelector("a"));
  const index = parts.indexOf(event.target.closest("a"));
  const page = isMonth ? { months: 1 } : { days: 7 };
  const back = isMonth ? { months: -1 } : { days: -7 };
  const keys = {
    ArrowLeft: () => goTo(shift(day, { days: -1 }), isMonth ? 0 : index),
    ArrowRight: () => goTo(shift(day, { days: 1 }), isMonth ? 0 : index),
    ArrowUp: () => upOrDown(parts, index, day, -1),
    ArrowDown: () => upOrDown(parts, index, day, 1),
    Home: () => goTo(edge(day, false)),
    End: () => goTo(edge(day, true)),
    PageUp: () => goTo(shift(day, back)),
    PageDown: () => goTo(shift(day, page)),
  };
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
}

/** Go on where the page before this one was left by a key. The browser itself finds the day, but a page without sessions
 * has none. */
function arrive() {
  const [, day] = location.hash.match(/^#on-([\d-]+)$/) ?? [];
  if (day) focus(calendar ? linkOf(day) : document.querySelector(".week-nav a"));
}

arrive();
if (calendar) {
  document.getElementById("keys").hidden = false;
  calendar.setAttribute("aria-describedby", "keys");
  calendar.addEventListener("keydown", press);
}
