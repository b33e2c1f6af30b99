"""What stands in the environment, read by kind; what is no such thing stops the program with a sentence."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from genthrust.env import Environment, is_loopback

Reader = Callable[[Environment], object]

READERS: dict[str, Reader] = {
    "text": lambda env: env.text("X", "usual"),
    "flag": lambda env: env.flag("X", default=False),
    "integer": lambda env: env.integer("X", 60, least=1, most=3600),
    "choice": lambda env: env.choice("X", "INFO", ("DEBUG", "INFO")),
    "words": lambda env: env.words("X", ("a", "b")),
    "time zone": lambda env: env.time_zone("X", "America/New_York"),
    "http": lambda env: env.http_url("X"),
    "redis": lambda env: env.redis_url("X"),
    "certificate": lambda env: env.certificate("X", "Y"),
}
ABSENT = {
    "text": "usual",
    "flag": False,
    "integer": 60,
    "choice": "INFO",
    "words": ["a", "b"],
    "time zone": "America/New_York",
    "http": "",
    "redis": "",
    "certificate": "",
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("values", [{}, {"X": ""}, {"X": "  "}])
def test_what_is_absent_or_blank_is_the_usual(kind: str, values: dict[str, str]) -> None:
    assert READERS[kind](Environment(values)) == ABSENT[kind]


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("text", " hello ", "hello"),
        *[("flag", word, True) for word in ("1", "true", "TRUE", "yes", "On", " on ")],
        *[("flag", word, False) for word in ("0", "false", "No", "off")],
        ("integer", "1", 1),
        ("integer", "3600", 3600),
        ("integer", "0060", 60),
        ("choice", "debug", "DEBUG"),
        ("words", "x, y ,,z", ["x", "y", "z"]),
        ("words", "x", ["x"]),
        ("time zone", "Europe/Berlin", "Europe/Berlin"),
        ("time zone", "UTC", "UTC"),
        ("http", "https://graph.example/v1.0/", "https://graph.example/v1.0"),
        ("http", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http", "http://[::1]:8080/v1.0", "http://[::1]:8080/v1.0"),
        ("redis", "redis://127.0.0.1:6380/0", "redis://127.0.0.1:6380/0"),
        ("redis", "rediss://user:pass@redis.example/1", "rediss://user:pass@redis.example/1"),
        ("redis", "unix:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_what_is_written_well_is_read(kind: str, written: str, meant: object) -> None:
    assert READERS[kind](Environment({"X": written})) == meant


@pytest.mark.parametrize(
    ("kind", "written", "sentence"),
    [
        ("flag", "maybe", "X must be true or false, not “maybe”."),
        ("flag", "2", "X must be true or false, not “2”."),
        *[
            ("integer", word, f"X must be a whole number from 1 to 3600, not “{word}”.")
            for word in ("0", "3601", "-1", "1.5", "ten", "1e2", "٣", "²", "9" * 5000)
        ],
        ("choice", "loud", "X must be one of debug, info, not “loud”."),
        *[
            ("time zone", zone, f"X must be a time zone such as America/New_York, not “{zone}”.")
            for zone in ("Mars/Olympus", "America", "../../etc/passwd", "/etc/localtime", "New York")
        ],
        *[
            ("http", url, "X must be an http or https address, not “")
            for url in ("graph.example", "ftp://graph.example", "http://", "//graph.example")
        ],
        ("http", "http://[::1", "X is not a URL that can be read."),
        ("http", "http://graph.example:port", "X is not a URL that can be read."),
        ("http", "http://graph.example:0", "X has port 0."),
        ("redis", "http://redis.example", "X must begin with redis://, rediss:// or unix://."),
        ("redis", "127.0.0.1:6379", "X must begin with redis://, rediss:// or unix://."),
        ("redis", "redis://redis.example:70000", "X is not a URL that can be read."),
    ],
)
def test_what_is_written_badly_stops_with_a_sentence(kind: str, written: str, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        READERS[kind](Environment({"X": written}))
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("kind", READERS)
@given(written=st.text(min_size=1))
def test_whatever_is_written_it_is_read_or_refused(kind: str, written: str) -> None:
    with suppress(ImproperlyConfigured):
        READERS[kind](Environment({"X": written}))


@pytest.mark.parametrize("url", ["http://:s3cr3t@redis.example", "redis://:s3cr#t3@redis.example:x"])
def test_a_password_is_not_repeated(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        Environment({"X": url}).redis_url("X")
    assert "s3cr" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8080/v1.0", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("", False),
        ("https://graph.microsoft.com/v1.0", False),
        ("http://127.0.0.1@graph.example", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
    ],
)
def test_loopback(url: str, local: bool) -> None:
    assert is_loopback(url) is local
