// What this browser knows of itself as a device that is pushed to, and how that ends.

export const DEVICES = "/v1/me/push-subscriptions";
export const MINE = "seatline.device";

const SEND_MS = 15000;

export const mine = () => JSON.parse(localStorage.getItem(MINE)) ?? {};

export async function subscribed() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return registration?.pushManager.getSubscription();
}

export async function ask(method, address, body) {
  const answer = await fetch(address, {
    method,
    headers: { "Content-Type": "application/json", "X-Form-Token": document.querySelector("[name=form_token]").value },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(SEND_MS),
  });
  const isGone = method === "DELETE" && answer.status === 404; // removed elsewhere meanwhile
  if (!answer.ok && !isGone) throw new Error(`answered ${answer.status}`);
  return answer;
}

export async function turnOff() {
  // The studio first: if that fails, this device still hears and says so.
  await ask("DELETE", `${DEVICES}/${mine().id}`);
  await (await subscribed())?.unsubscribe();
  localStorage.removeItem(MINE);
}
