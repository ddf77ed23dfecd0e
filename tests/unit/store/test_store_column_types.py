from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import mysql, sqlite

from backend.store.types import Digest, FileName, UtcDateTime, Words, plain_name, printable

DIALECTS = [sqlite.dialect(), mysql.dialect()]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_that_a_naive_time_is_refused(dialect):
    with pytest.raises(ValueError, match="no time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 11, 21, 8, 0), dialect)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_that_a_time_of_another_zone_comes_back_as_the_same_moment_in_utc(dialect):
    given = datetime(2026, 11, 21, 3, 0, 0, 123456, timezone(-timedelta(hours=5)))
    kind = UtcDateTime()
    back = kind.process_result_value(kind.process_bind_param(given, dialect), dialect)
    assert back == given
    assert back is not None
    assert back.tzinfo is UTC


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(
    "moment", [datetime(1970, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC)]
)
def test_that_times_around_1970_keep_their_microsecond(dialect, moment):
    kind = UtcDateTime()
    assert kind.process_result_value(kind.process_bind_param(moment, dialect), dialect) == moment


def test_that_a_digest_takes_half_of_its_hex_digits():
    assert Digest().process_bind_param("ab" * 32, DIALECTS[0]) == b"\xab" * 32
    assert Digest().process_result_value(b"\xab" * 32, DIALECTS[0]) == "ab" * 32


def test_that_a_file_name_of_any_bytes_comes_back_byte_for_byte():
    name = b"/plots/\xff\xfe \xc3\xa9.png".decode("utf-8", "surrogateescape")
    kind = FileName()
    assert kind.process_result_value(kind.process_bind_param(name, DIALECTS[0]), DIALECTS[0]) == name


def test_that_text_no_database_takes_is_written_as_escapes():
    assert Words().process_bind_param("bad\udcff name", DIALECTS[0]) == "bad\\udcff name"


def test_that_names_lose_trailing_blanks_and_nothing_else():
    assert plain_name(" CDC occupancy é  ") == " CDC occupancy é"
    assert printable("Ω 𝛾") == "Ω 𝛾"
