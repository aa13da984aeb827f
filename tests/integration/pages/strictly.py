"""Reads a page as strictly as a page of ours must be written: what a browser would forgive is an error here."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br", "hr", "img", "col", "wbr", "source"}
_NEED_NO_LABEL = {"hidden", "submit", "button", "image", "reset"}
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")

Attributes = list[tuple[str, str | None]]


@dataclass
class Element:
    """An element with its attributes; `text` is all text in it, white space made single."""

    tag: str
    attributes: dict[str, str]
    text: str = ""

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())


@dataclass
class Page:
    """A page that was found to be well made."""

    elements: list[Element] = field(default_factory=list)

    def all(self, tag: str, class_: str | None = None) -> list[Element]:
        return [one for one in self.elements if one.tag == tag and (class_ is None or class_ in one.classes)]

    def texts(self, tag: str, class_: str | None = None) -> list[str]:
        return [one.text for one in self.all(tag, class_)]

    def links(self) -> dict[str, str]:
        return {one.text: one.attributes.get("href", "") for one in self.all("a")}


def strictly(html: str) -> Page:
    """Return the page; an `AssertionError` says what is wrong with it.

    Tags are balanced, ids are unique, there is one h1 and no level of headings is passed over, whatever a person fills
    in has a label, whatever refers to an id finds it, and there are no styles, handlers or scripts in the page itself.
    """
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert not parser.open, f"never closed: {[one.tag for one in parser.open]}"
    page = Page(parser.elements)
    _check_ids(page)
    _check_labels(page, parser.labelled_by_parent)
    _check_headings(page)
    return page


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.labelled_by_parent: set[int] = set()

    def handle_starttag(self, tag: str, attributes: Attributes) -> None:
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), f"an attribute is there twice: <{tag} {names}>"
        element = Element(tag, {name: value or "" for name, value in attributes})
        self._check_element(element)
        if any(one.tag == "label" for one in self.open):
            self.labelled_by_parent.add(id(element))
        self.elements.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"closed but never opened: {tag}"
        closed = self.open.pop()
        assert closed.tag == tag, f"</{tag}> closes <{closed.tag} {closed.attributes}>"
        closed.text = " ".join(closed.text.split())

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def _check_element(self, element: Element) -> None:
        about = f"<{element.tag} {element.attributes}>"
        assert element.tag != "style", "a style in the page"
        assert "style" not in element.attributes, f"an inline style: {about}"
        assert not [name for name in element.attributes if name.startswith("on")], f"an inline handler: {about}"
        assert element.tag != "script" or element.attributes.get("src", "").startswith("/"), "a script in the page"
        assert not element.attributes.get("href", "").lower().startswith("javascript:"), about
        if element.tag == "form":
            assert not [one for one in self.open if one.tag == "form"], "a form in a form"
            assert element.attributes.get("action", "").startswith("/"), about


def _check_ids(page: Page) -> None:
    ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids)), f"an id is there twice: {sorted(one for one in ids if ids.count(one) > 1)}"
    for element in page.elements:
        for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            lost = set(element.attributes.get(name, "").split()) - set(ids)
            assert not lost, f"{name} leads nowhere: {lost}"


def _check_labels(page: Page, labelled_by_parent: set[int]) -> None:
    labelled = {one.attributes.get("for") for one in page.all("label") if one.text}
    for element in page.elements:
        filled_in = element.tag in {"select", "textarea"} or (
            element.tag == "input" and element.attributes.get("type", "text") not in _NEED_NO_LABEL
        )
        named = (
            element.attributes.get("id") in labelled
            or id(element) in labelled_by_parent
            or element.attributes.keys() & {"aria-label", "aria-labelledby"}
        )
        assert named or not filled_in, f"without a label: <{element.tag} {element.attributes}>"
        assert element.tag != "button" or element.text or "aria-label" in element.attributes, "a button without words"


def _check_headings(page: Page) -> None:
    levels = [_HEADINGS.index(one.tag) + 1 for one in page.elements if one.tag in _HEADINGS]
    assert levels.count(1) == 1, f"one h1, not {levels.count(1)}"
    for before, after in zip([0, *levels], levels, strict=False):
        assert after <= before + 1, f"h{after} comes after h{before}"
