"""The design holds what docs/design.md promises: contrast, size, motion, and no class that nobody styles."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "api" / "static"
TEMPLATES = ROOT / "api" / "templates"
DOCUMENT = (ROOT / "docs" / "design.md").read_text()
CLIENT_SHEETS = ("tokens.css", "client.css", "schedule.css")
CALENDAR_SHEETS = (*CLIENT_SHEETS, "calendar.css")
SMALL_SHEETS = ("tokens.css", "pages.css")
STAFF_SHEETS = (*CLIENT_SHEETS, "staff.css")
OPERATIONS = "staff/operations.html"
OPERATIONS_SHEETS = (*STAFF_SHEETS, "staff-ops.css")
ALL_SHEETS = sorted({*CALENDAR_SHEETS, *SMALL_SHEETS, *OPERATIONS_SHEETS})
BYTES_MAX, CALENDAR_BYTES_MAX = 25_000, 31_000
LEAST_CONTRAST = {"text": 4.5, "control": 3.0}
DECORATION = {"hair", "sheet"}
SCHEMES = ("light", "dark")
OF_ITS_OWN = "docs.html"
COLOUR_WORDS = "white|black|gr[ae]y|silver|red|maroon|orange|yellow|olive|lime|green|teal|aqua|blue|navy|fuchsia|purple"


def sheet(name: str) -> str:
    """Return a stylesheet without its comments."""
    return re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text(), flags=re.DOTALL)


def block(text: str, opening: str) -> str:
    """Return what stands between the braces of the block that begins so."""
    start = text.index("{", text.index(opening)) + 1
    depth, at = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[start : at - 1]


def colours(scheme: str) -> dict[str, str]:
    text = sheet("tokens.css")
    blocks = [block(text, ":root")]
    if scheme == "dark":
        blocks.append(block(text, "@media screen and (prefers-color-scheme: dark)"))
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", "".join(blocks)))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, as WCAG 2.2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def pairs() -> list[tuple[str, str, str, dict[str, float]]]:
    """Return the document's pairs of colours: kind, foreground, background, and its figure for each scheme."""
    rows = re.findall(
        r"^\| (text|control) \| `([\w-]+)` on `([\w-]+)` \| ([\d.]+) \| ([\d.]+) \|", DOCUMENT, re.MULTILINE
    )
    return [
        (kind, ink, ground, {"light": float(light), "dark": float(dark)}) for kind, ink, ground, light, dark in rows
    ]


def styled_classes(*names: str) -> set[str]:
    text = "".join(re.sub(r"@import[^;]*;", "", sheet(name)) for name in names)
    return set(re.findall(r"\.([a-z][\w-]*)", "".join(re.findall(r"[^{};]+(?=\{)", text))))


def used_classes(template: str) -> set[str]:
    """Return the classes a template gives, those too that an expression chooses, but none put together by one."""
    found: set[str] = set()
    attribute = r'class="((?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"'
    for value in re.findall(attribute, (TEMPLATES / template).read_text()):
        for expression in re.findall(r"\{\{.*?\}\}", value):
            chosen = re.sub(r'(?:==|\bin) (?:"[^"]*"|\([^)]*\))', "", expression)
            found.update(" ".join(re.findall(r'"([^"]*)"', chosen)).split())
        plain = re.sub(r"\{\{.*?\}\}", "\0", re.sub(r"\{%.*?%\}", "", value))
        found.update(word.rstrip("\0") for word in plain.split() if not word.rstrip("\0").endswith("-"))
    return found - {""}


CARDS = "cards.html"  # the parts that only the schedule's pages are made of


def templates_of(frame: str) -> list[str]:
    """Return the templates with this frame around them; parts that extend nothing are the members' pages' own."""
    parents = dict[str, str | None]()
    for path in TEMPLATES.glob("*.html"):
        extends = re.search(r'\{% extends "([\w.]+)" %\}', path.read_text())
        parents[path.name] = extends[1] if extends else None
    found = []
    for name in sorted(parents.keys() - {OF_ITS_OWN}):
        above = [name]
        while parent := parents[above[-1]]:
            above.append(parent)
        if frame in above or (frame == "layout.html" and above[-1] not in {"layout.html", "page.html"}):
            found.append(name)
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_pair_of_colours_has_the_contrast_it_needs_and_the_document_its_figure(scheme: str) -> None:
    tokens = colours(scheme)

    measured = {(kind, ink, ground): contrast(tokens[ink], tokens[ground]) for kind, ink, ground, _ in pairs()}

    assert len(measured) > 20
    assert {pair: ratio for pair, ratio in measured.items() if ratio < LEAST_CONTRAST[pair[0]]} == {}
    written = {(kind, ink, ground): figures[scheme] for kind, ink, ground, figures in pairs()}
    assert {pair: round(ratio, 1) for pair, ratio in measured.items()} == written


def test_no_colour_is_left_out_of_the_figures() -> None:
    measured = {colour for _, ink, ground, _ in pairs() for colour in (ink, ground)}

    assert measured == colours("light").keys() - DECORATION


def test_the_dark_scheme_has_a_value_of_its_own_for_every_colour_but_that_of_a_mail() -> None:
    dark = re.findall(r"--([\w-]+): #", block(sheet("tokens.css"), "@media screen and (prefers-color-scheme: dark)"))

    assert colours("light").keys() - set(dark) == {"sheet"}


@pytest.mark.parametrize("name", sorted(set(ALL_SHEETS) - {"tokens.css"}))
def test_colours_stand_in_the_tokens_alone(name: str) -> None:
    text = sheet(name)

    assert re.findall(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\(", text, re.IGNORECASE) == []
    assert re.findall(rf"(?<![\w.-])(?:{COLOUR_WORDS})(?![\w-])", text, re.IGNORECASE) == []


def test_every_token_that_is_used_exists_and_every_one_that_exists_is_used() -> None:
    text = "".join(sheet(name) for name in ALL_SHEETS)

    used, made = set(re.findall(r"var\((--[\w-]+)", text)), set(re.findall(r"(--[\w-]+):", text))

    assert used == made


@pytest.mark.parametrize(
    ("sheets", "most"),
    [
        (CLIENT_SHEETS, BYTES_MAX),
        (SMALL_SHEETS, BYTES_MAX),
        (CALENDAR_SHEETS, CALENDAR_BYTES_MAX),
        (OPERATIONS_SHEETS, CALENDAR_BYTES_MAX),
    ],
    ids=["members", "small", "schedule", "staff"],
)
def test_what_a_page_loads_of_styles_stays_small(sheets: tuple[str, ...], most: int) -> None:
    assert sum((STATIC / name).stat().st_size for name in sheets) < most


def test_whoever_wants_no_motion_gets_none() -> None:
    assert "transition: none" in block(sheet("client.css"), "@media (prefers-reduced-motion: reduce)")
    assert "--quick: 0s" in block(sheet("tokens.css"), "@media (prefers-reduced-motion: reduce)")


def test_nothing_moves_but_by_a_short_transition_of_the_one_duration() -> None:
    text = "".join(sheet(name) for name in ALL_SHEETS)

    assert "@keyframes" not in text
    assert all(
        "var(--quick)" in value or value == "none" for value in re.findall(r"transition: ([^;}]+?)\s*[;}]", text)
    )
    assert float(re.findall(r"--quick: ([\d.]+)s", text)[0]) <= 0.2


@pytest.mark.parametrize("name", [*CALENDAR_SHEETS, "staff.css", "staff-ops.css"])
@pytest.mark.parametrize("medium", ["(forced-colors: active)", "print"])
def test_forced_colours_and_print_are_thought_of(name: str, medium: str) -> None:
    assert re.search(r"[\w-]+: [^;]+;", block(sheet(name), f"@media {medium}"))


def test_forced_colours_are_those_of_the_system() -> None:
    values = re.findall(r"--[\w-]+: (\w+);", block(sheet("tokens.css"), "@media (forced-colors: active)"))

    assert values
    assert set(values) <= {"Canvas", "CanvasText", "LinkText", "Highlight", "HighlightText"}


def test_what_is_touched_is_as_large_as_a_finger() -> None:
    (rem,) = re.findall(r"--touch: ([\d.]+)rem", sheet("tokens.css"))

    assert float(rem) * 16 >= 44
    assert "min-height: var(--touch)" in block(sheet("client.css"), ".button {")
    assert "height: var(--touch)" in block(sheet("client.css"), ".field :is(input, select) {")


def test_every_class_the_document_names_is_styled() -> None:
    named = {name for code in re.findall(r"`(\.[a-z][\w.-]*)`", DOCUMENT) for name in code.split(".") if name}
    named |= {f"fill-{step}" for step in range(21)}

    assert len(named) > 70
    assert named - styled_classes(*CALENDAR_SHEETS, *OPERATIONS_SHEETS) == set()


@pytest.mark.parametrize("frame", ["layout.html", "page.html"])
def test_every_class_of_a_page_is_styled_by_what_the_page_loads(frame: str) -> None:
    own = CLIENT_SHEETS if frame == "layout.html" else SMALL_SHEETS
    calendars = {*templates_of("schedule.html"), CARDS} if frame == "layout.html" else set()
    styled = {name: styled_classes(*(CALENDAR_SHEETS if name in calendars else own)) for name in templates_of(frame)}

    unknown = {name: used_classes(name) - styled[name] for name in styled}

    assert {name: classes for name, classes in unknown.items() if classes} == {}
    assert len(set().union(*map(used_classes, unknown))) > 8


@pytest.mark.parametrize("template", sorted(f"staff/{path.name}" for path in (TEMPLATES / "staff").glob("*.html")))
def test_every_class_of_a_staff_page_is_styled_and_nothing_is_styled_within_it(template: str) -> None:
    styled = styled_classes(*(OPERATIONS_SHEETS if template == OPERATIONS else STAFF_SHEETS))

    assert used_classes(template) - styled == set()
    assert re.findall(r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=", (TEMPLATES / template).read_text()) == []


@pytest.mark.parametrize("template", [*templates_of("layout.html"), *templates_of("page.html")])
def test_a_page_has_no_style_and_no_script_within_it(template: str) -> None:
    assert re.findall(r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=", (TEMPLATES / template).read_text()) == []


def test_the_frames_load_these_stylesheets_and_the_icon() -> None:
    layout, page = (TEMPLATES / "layout.html").read_text(), (TEMPLATES / "page.html").read_text()
    static = r"href=\"\{\{ url_for\('static', filename='([\w.]+)'\) \}\}\""

    assert [name for name in re.findall(static, layout) if name.endswith(".css")] == list(CLIENT_SHEETS)
    assert re.findall(static, page) == ["pages.css", "icon.svg"]
    assert "icon.svg" in re.findall(static, layout)
    assert re.findall(static, (TEMPLATES / "schedule.html").read_text()) == ["calendar.css"]
    own = r"filename='([\w.-]+)'"
    assert re.findall(own, (TEMPLATES / "staff" / "frame.html").read_text()) == ["staff.css"]
    assert re.findall(own, (TEMPLATES / OPERATIONS).read_text()) == ["staff-ops.css"]
    assert '@import url("tokens.css");' in sheet("pages.css")


def test_styles_load_nothing_from_elsewhere() -> None:
    loaded = [name for one in ALL_SHEETS for name in re.findall(r"url\(\"?([^)\"]+)", sheet(one))]

    assert set(loaded) == {"tokens.css", "icon.svg"}
    assert "@font-face" not in "".join(map(sheet, ALL_SHEETS))
