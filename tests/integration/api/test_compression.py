"""Answers are compressed for who can read that, and what is a stream or small is left as it is."""

import gzip
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.integration.api.conftest import Caller, Frames
from tests.integration.studio import Studio

Listen = Callable[[TestResponse], Frames]

LARGE = "/openapi.json"


@pytest.mark.parametrize(
    ("accepted", "used"), [("gzip, deflate, br, zstd", "zstd"), ("gzip, br", "br"), ("gzip", "gzip")]
)
def test_a_large_answer_is_compressed_as_the_client_reads_it(me: Caller, accepted: str, used: str) -> None:
    answer = me.get(LARGE, Accept_Encoding=accepted)

    assert answer.headers["Content-Encoding"] == used
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(answer.data) == int(answer.headers["Content-Length"])


def test_what_is_compressed_is_the_same_answer(me: Caller) -> None:
    compressed = me.get(LARGE, Accept_Encoding="gzip").data
    plain = me.get(LARGE, Accept_Encoding="identity").data

    assert gzip.decompress(compressed) == plain
    assert len(compressed) < len(plain) / 5


@pytest.mark.parametrize("accepted", ["identity", "sdch", ""])
def test_who_cannot_read_it_is_sent_the_answer_itself(me: Caller, accepted: str) -> None:
    assert "Content-Encoding" not in me.get(LARGE, Accept_Encoding=accepted).headers


def test_a_small_answer_is_left_as_it_is(me: Caller, studio: Studio) -> None:
    assert "Content-Encoding" not in me.get("/v1/studio", Accept_Encoding="gzip").headers


@pytest.mark.parametrize("file", ["client.css", "js/live.js"])
def test_a_file_that_did_not_change_is_not_sent_again(me: Caller, file: str) -> None:
    with me.get(f"/static/{file}", Accept_Encoding="zstd") as first:
        assert first.headers["Content-Encoding"] == "zstd"
        known = first.headers["ETag"]

    with me.get(f"/static/{file}", Accept_Encoding="zstd", If_None_Match=known) as again:
        assert again.status_code == 304
        assert again.data == b""


def test_a_stream_of_events_is_never_compressed(me: Caller, listen: Listen) -> None:
    answer = me.stream(Accept_Encoding="gzip, br, zstd")

    assert "Content-Encoding" not in answer.headers
    assert listen(answer).next()["retry"] == "2000"
