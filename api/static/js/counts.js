// Shows how full a session is as soon as it is heard, in the server's words: in a rush a session changes many times a
// second, and everybody who looks at it cannot fetch the page for each change.

const QUEUE_MAX = 12; // figures that line.html draws
const BAR_STEPS = 20;

const words = document.getElementById("words").dataset;
const plural = new Intl.PluralRules(document.documentElement.lang);

function said(name, number) {
  const form = plural.select(number);
  const text = words[name + form[0].toUpperCase() + form.slice(1)] ?? words[`${name}Other`];
  return text.replace("#", number);
}

/** Show these counts in an entry of the schedule, or on the session's page. */
export function count(shown, session) {
  const { status, booked, waitlisted, capacity, spots_left: left } = session;
  shown.dataset.state = [status, booked, waitlisted, capacity].join(" ");
  if (status !== "scheduled") return;
  const places = shown.querySelector("[data-counts]");
  if (places) places.textContent = left ? said("left", left) : waitlisted ? said("line", waitlisted) : words.full;
  const figure = shown.querySelector("figure.line");
  if (figure?.dataset.capacity === String(capacity)) draw(figure, Math.min(booked, capacity), waitlisted);
}

function draw(figure, taken, waitlisted) {
  const { capacity, none, some, all, label, queue } = figure.dataset;
  const isMine = figure.querySelector(".place.mine") !== null;
  figure.querySelectorAll(".place").forEach((arch, number) => {
    const kind = isMine && number === taken - 1 ? "mine" : "taken";
    arch.className = `place ${number < taken ? kind : "free"}`;
  });
  const bar = figure.querySelector(".line-bar");
  if (bar) bar.className = `line-bar fill-${taken && Math.max(1, Math.floor((taken * BAR_STEPS) / capacity))}`;
  figure.querySelector(".line-places").ariaLabel = label.replace("#", taken);
  const text = taken === 0 ? none : taken === Number(capacity) ? all : some;
  figure.querySelector("[data-taken]").textContent = text.replace("#", taken);
  const line = figure.querySelector("[data-line]");
  if (line && waitlisted) line.textContent = queue.replace("#", waitlisted);
  drawQueue(figure, waitlisted);
}

/** Let figures join the line or leave it; a line that begins or ends is the server's to draw. */
function drawQueue(figure, waitlisted) {
  const queue = figure.querySelector(".line-queue");
  if (!queue || !waitlisted) return;
  const wanted = Math.min(waitlisted, QUEUE_MAX);
  while (queue.children.length > wanted) queue.lastElementChild.remove();
  while (queue.children.length < wanted) {
    queue.append(Object.assign(document.createElement("li"), { className: "waiter" }));
  }
  const more = figure.querySelector(".line-more");
  if (more && waitlisted > QUEUE_MAX) more.textContent = `+ ${waitlisted - QUEUE_MAX}`;
}
