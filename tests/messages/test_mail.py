"""A mail is whole and well-formed, whoever it is about, and loads nothing from anywhere."""

import email.policy
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import Message
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.notices import OPEN_KINDS, WITH_A_LINK, NoticeKind
from storage.deliveries import Delivery
from tests.builders import NOW
from tests.messages.reading import event_in, parts_of, received
from tests.messages.telling import MEMBER, a_delivery, a_scheduled_session, a_told_notice, some_settings
from workers.messages import MessageError
from workers.messages.links import password_url, read_unsubscribe
from workers.messages.mail import mail_for
from workers.messages.plain import plain

HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]
WITHOUT_UNSUBSCRIBING = [name for name in HEADERS if not name.startswith("List-")]
SCRIPT = '<script>alert("1")</script>&amp;<img src=x onerror=alert(1)>'
VOID_ELEMENTS = {"meta", "br", "img", "link", "hr", "input"}


def headers_of(kind: NoticeKind) -> list[str]:
    return WITHOUT_UNSUBSCRIBING if kind in WITH_A_LINK else HEADERS


class Elements(HTMLParser):
    """Collects every element with its attributes, and what is left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def with_names(name: str, kind: NoticeKind = NoticeKind.SESSION_CANCELLED) -> Delivery:
    """Return a delivery in which everything that people type is this."""
    notice = a_told_notice(kind, member_name=name, studio_name=name, pass_name=name)
    session = a_scheduled_session({"cancelled": True}, training_name=name, trainer_name=name, space_name=name)
    booking = replace(notice.booking, session=session, pass_name=name) if notice.booking else None
    return a_delivery(replace(notice, booking=booking, details={**notice.details, "why": name}))


def defects_of(mail: Message) -> Iterator[object]:
    for part in mail.walk():
        yield from part.defects
        for value in part.values():
            yield from value.defects  # type: ignore[attr-defined]  # the default policy parses every header


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_mail_reads_back_without_a_defect(kind: NoticeKind) -> None:
    mail = received(a_delivery(a_told_notice(kind)))

    assert list(defects_of(mail)) == []
    assert mail.keys() == headers_of(kind)
    assert mail.get_content_type() == "multipart/alternative"
    assert list(parts_of(mail))[:2] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "name",
    ["Maria\r\nBcc: thief@example.com", "Maria\nBcc: thief@example.com", "Maria\rBcc: thief@example.com", "\r\n\r\nHi"],
)
def test_no_name_adds_a_header_or_ends_the_head(name: str) -> None:
    mail = received(with_names(name))

    assert mail.keys() == HEADERS
    assert [address.addr_spec for address in mail["To"].addresses] == ["maria@example.com"]
    assert mail["To"].addresses[0].display_name == plain(name)
    assert mail["From"].addresses[0].display_name == plain(name)


@settings(deadline=None, max_examples=60)
@given(name=st.text(max_size=600), kind=st.sampled_from(NoticeKind))
def test_whatever_people_type_the_mail_is_well_formed(name: str, kind: NoticeKind) -> None:
    sent = mail_for(with_names(name, kind), some_settings()).as_bytes(policy=email.policy.SMTP)

    assert sent.isascii()
    assert max(len(line) for line in sent.split(b"\r\n")) <= 998
    assert b"\n" not in sent.replace(b"\r\n", b"")
    mail = received(with_names(name, kind))
    assert mail.keys() == headers_of(kind)
    assert Elements(parts_of(mail)["text/html"]).open == []


def test_markup_in_names_is_shown_as_it_was_typed() -> None:
    html = parts_of(received(with_names(SCRIPT)))["text/html"]

    elements = {tag for tag, _ in Elements(html).found}
    usual = {tag for tag, _ in Elements(parts_of(received(a_delivery()))["text/html"]).found}
    assert elements == usual
    assert html.count("&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;&amp;amp;&lt;img src=x onerror=alert(1)&gt;") >= 8
    assert SCRIPT in parts_of(received(with_names(SCRIPT)))["text/plain"]


def test_a_template_in_a_name_is_shown_as_it_was_typed() -> None:
    parts = parts_of(received(with_names("{{ 7 * 7 }}{% include 'x' %}{# gone #}")))

    assert "Hello {{ 7 * 7 }}{% include 'x' %}{# gone #}," in parts["text/plain"]
    assert "Hello {{ 7 * 7 }}{% include &#39;x&#39; %}{# gone #}," in parts["text/html"]


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_html_loads_nothing_and_links_only_home(kind: NoticeKind) -> None:
    html = parts_of(received(a_delivery(a_told_notice(kind))))["text/html"]

    elements = Elements(html).found
    links = [attributes["href"] for tag, attributes in elements if tag == "a"]
    assert len(links) == (1 if kind in WITH_A_LINK else 3)
    assert all(link and link.startswith("https://book.example.com/") for link in links)
    assert re.findall(r"https?://[^\"<\s]+", html) == links
    assert not {tag for tag, _ in elements} & {"img", "link", "script", "iframe", "object", "video", "form", "base"}
    assert not re.search(r"url\(|@import|src=|background=|expression", html)


def test_the_style_is_inlined_once_for_the_layout_and_what_depends_on_the_device_is_kept() -> None:
    html = parts_of(received(a_delivery()))["text/html"]

    styled = [tag for tag, attributes in Elements(html).found if attributes.get("style")]
    assert {"body", "h1", "p", "a", "div", "span"} <= set(styled)
    assert html.count("<style") == 1
    assert "@media (prefers-color-scheme: dark)" in html
    assert '<meta name="color-scheme" content="light dark">' in html


@pytest.mark.parametrize("kind", NoticeKind)
def test_both_texts_say_the_same(kind: NoticeKind) -> None:
    parts = parts_of(received(a_delivery(a_told_notice(kind))))

    bare = re.sub(
        r"<(title|style|div style=\"display: none).*?</(title|style|div)>", "", parts["text/html"], flags=re.DOTALL
    )
    shown = [line.strip() for line in re.sub(r"<[^>]+>", "\n", bare).split("\n") if line.strip()]
    spoken = [line for line in parts["text/plain"].split("\n\n\n")[0].split("\n") if line]
    headline, *others = [line.partition(": http")[0] for line in spoken]
    flat = " ".join(shown)
    assert headline in shown
    assert all(line in shown or line.replace(": ", " ", 1) in flat for line in others[:-1])


@pytest.mark.parametrize("kind", OPEN_KINDS)
def test_one_click_unsubscribes_from_the_kind_of_the_mail(kind: NoticeKind) -> None:
    mail = received(a_delivery(a_told_notice(kind)))

    url = mail["List-Unsubscribe"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = url.removeprefix("<https://book.example.com/unsubscribe/").removesuffix(">")
    assert read_unsubscribe(some_settings(), token) == (MEMBER, kind)
    assert all(token in text for text in list(parts_of(mail).values())[:2])


@pytest.mark.parametrize("kind", sorted(WITH_A_LINK))
def test_a_mail_with_a_link_carries_it_in_both_texts_and_offers_no_unsubscribing(kind: NoticeKind) -> None:
    notice = a_told_notice(kind)
    assert notice.link is not None
    mail = received(a_delivery(notice))

    address = password_url(some_settings(), notice.link.id)
    assert [text.count(address) for text in parts_of(mail).values()] == [1, 1]
    assert not any("unsubscribe" in text or "preferences" in text for text in parts_of(mail).values())


def test_a_second_sending_has_the_message_id_of_the_first() -> None:
    first = received(a_delivery())
    second = received(a_delivery(attempts=2, now=NOW + timedelta(minutes=10)))

    assert second["Message-ID"] == first["Message-ID"] == "<delivery-90210@book.example.com>"
    assert second["Date"].datetime - first["Date"].datetime == timedelta(minutes=10, seconds=-2)


def test_the_same_delivery_gives_the_same_bytes() -> None:
    first, second = (mail_for(a_delivery(), some_settings()).as_bytes(policy=email.policy.SMTP) for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    ("mail_from", "sender"),
    [
        ("", "Lumen Studio <seatline@book.example.com>"),
        ("hello@studio.example", "Lumen Studio <hello@studio.example>"),
        ("Lumen <hello@studio.example>", "Lumen <hello@studio.example>"),
        ('"Lumen, the studio" <hello@studio.example>', '"Lumen, the studio" <hello@studio.example>'),
    ],
)
def test_the_sender_is_the_studio_at_the_address_that_is_set(mail_from: str, sender: str) -> None:
    mail = received(a_delivery(), some_settings(mail_from=mail_from))

    assert str(mail["From"]) == sender


@pytest.mark.parametrize("mail_from", ["nobody", "Lumen <>", "a@b@c", "Студія <студія@приклад.укр>"])
def test_a_sender_that_cannot_be_is_refused(mail_from: str) -> None:
    with pytest.raises(MessageError, match=r"notice 4711 \(booking_confirmed\) cannot be addressed"):
        mail_for(a_delivery(), some_settings(mail_from=mail_from))


@pytest.mark.parametrize("address", ["", "maria", "maria@example.com\r\nBcc: thief@example.com", "a@b.com, c@d.com"])
def test_a_receiver_that_cannot_be_is_refused(address: str) -> None:
    with pytest.raises(MessageError, match=r"notice 4711 \(booking_confirmed\) cannot be addressed"):
        mail_for(a_delivery(address=address), some_settings())


def test_a_mail_goes_to_the_address_of_the_delivery() -> None:
    mail = received(a_delivery(address="old@example.com"))

    assert mail["To"].addresses[0].addr_spec == "old@example.com"
    assert event_in(mail)["ATTENDEE"] == "mailto:old@example.com"


def test_a_mail_of_a_booking_that_is_missing_is_refused() -> None:
    with pytest.raises(MessageError, match="no booking"):
        mail_for(a_delivery(a_told_notice(booking=None)), some_settings())


def test_the_details_of_a_mail_about_a_session_say_when_where_and_with_whom() -> None:
    text = parts_of(received(a_delivery()))["text/plain"]

    assert "When: Thu 5 March, 20:00 \u2013 21:00\nWhere: Blue room, Lumen Studio\nTrainer: Olena Koval\n" in text


def test_a_session_over_midnight_says_on_which_day_it_ends() -> None:
    notice = a_told_notice()
    assert notice.booking is not None
    session = a_scheduled_session({"lasts_minutes": 270})

    mail = received(a_delivery(replace(notice, booking=replace(notice.booking, session=session))))

    assert "When: Thu 5 March, 20:00 \u2013 Fri 6 March, 00:30\n" in parts_of(mail)["text/plain"]
