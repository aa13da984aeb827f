"""A member who has no mouse: goes from one thing to the next with Tab, and must see where they are."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, TimeoutError, expect  # noqa: A004

STEPS_MAX = 80
SEEN_MILLISECONDS = 5_000
_SEES_WHERE = """() => {
  const here = document.activeElement;
  if (here === document.body) return true;
  const drawn = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const around = here.closest(".choice");
  const ring = drawn(getComputedStyle(here)) || drawn(getComputedStyle(here, "::after"))
    || (around !== null && drawn(getComputedStyle(around)));
  const box = here.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return ring && inside;
}"""


@dataclass
class Keyboard:
    """The keyboard of one page."""

    page: Page

    def go_to(self, target: Locator) -> None:
        """Press Tab until it has the focus; fail where the focus cannot be seen on the way."""
        expect(target).to_be_visible()
        for _ in range(STEPS_MAX):
            self.page.keyboard.press("Tab")
            self._see_where()
            if self.is_at(target):
                return
        raise AssertionError(f"{target} is not reached in {STEPS_MAX} steps; the last one was {self.where()}")

    def press_enter_on(self, target: Locator) -> None:
        self.go_to(target)
        self.page.keyboard.press("Enter")

    def _see_where(self) -> None:
        """Wait until the focus is seen: what slides into view does so in a moment of its own."""
        try:
            self.page.wait_for_function(_SEES_WHERE, timeout=SEEN_MILLISECONDS)
        except TimeoutError:
            raise AssertionError(f"the focus is not seen on {self.where()}") from None

    def is_at(self, target: Locator) -> bool:
        return bool(target.evaluate("one => one === document.activeElement"))

    def where(self) -> str:
        return str(self.page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)"))
