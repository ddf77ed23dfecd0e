"""What [alarms] accepts, what it refuses and in which words, and the plan that comes of it."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from backend.alarms.planning import plan_of, read_run_type
from backend.alarms.view import view_of
from backend.config import ConfigurationError, load
from backend.domain.classifications import Severity
from backend.domain.escalation import DayPart

HALL = """
[alarms]
station_role = "control-room"
time_zone = "America/New_York"
[alarms.mail]
server = "mail.hall.example"
sender = "hydra@hall.example"
[alarms.destinations."control room"]
kind = "stations"
role = "control-room"
[alarms.destinations.expert]
kind = "mail"
to = ["expert@hall.example"]
role = "expert"
[alarms.destinations.chat]
kind = "webhook"
form = "teams"
[alarms.destinations.log]
kind = "elog"
url = "https://elog.hall.example/HallD"
[[alarms.routes]]
name = "calorimeters"
groups = ["Calorimeters"]
least = "alarm"
when = "night"
to = [["control room"], ["expert", "chat"]]
[[alarms.quiet]]
role = "expert"
begins = "22:00"
ends = 07:00:00
[alarms.logbook]
to = ["log"]
"""


@pytest.fixture
def read(tmp_path):
    def written(text):
        (tmp_path / "hall.toml").write_text(text)
        return load(tmp_path / "hall.toml").alarms

    return written


def test_that_the_plan_is_what_is_written(read):
    plan = plan_of(read(HALL))
    [route] = plan.routes
    assert (route.groups, route.least, route.when) == (("Calorimeters",), Severity.ALARM, DayPart.NIGHT)
    assert [(tier.after, tier.to) for tier in route.tiers] == [
        (timedelta(minutes=2), ("control room",)), (timedelta(minutes=5), ("expert", "chat")),
    ]  # fmt: skip
    [quiet] = plan.quiet
    assert (quiet.begins, quiet.ends, quiet.passes) == (time(22), time(7), Severity.ALARM)
    assert (plan.roles["expert"], plan.zone) == ("expert", ZoneInfo("America/New_York"))


def test_that_without_any_configuration_nothing_is_sent(read):
    assert plan_of(read("")).routes == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"chat"]]', '"chta"]]', "'chta', which is no destination; there are: control room, expert, chat, log"),
        ('server = "mail.hall.example"', "", "names no server"),
        ('form = "teams"', 'form = "irc"', "alarms.destinations.chat.form"),
        ('form = "teams"', 'colour = "red"', "colour: unknown key; accepted are kind, role"),
        ('least = "alarm"', 'least = "loud"', "alarms.routes.0.least"),
        ('"22:00"', '"25:00"', "alarms.quiet.0.begins"),
        ("America/New_York", "Mars", "is no time zone"),
        ("https://elog", "http://elog", "use https"),
        ("https://elog", "https://user:s3cret@elog", "holds a password"),
        ('to = ["log"]', 'to = ["chat"]', "is no logbook"),
        ('to = ["expert@hall.example"]', 'to = ["expert"]', "is no mail address"),
        ('sender = "hydra@hall.example"', 'sender = "x@y"\nsecurity = "none"', "in the clear"),
        ('when = "night"', 'when = "night"\nafter_min = [5]', "2 tiers in to and 1 times"),
        ('when = "night"', 'when = "night"\nafter_min = [5, 2]', "must rise"),
    ],
)
def test_that_a_mistake_is_named_with_where_it_stands(read, old, new, said):
    assert old in HALL
    with pytest.raises(ConfigurationError) as error:
        read(HALL.replace(old, new))
    assert said in str(error.value)
    assert "s3cret" not in str(error.value)


def test_that_the_view_tells_a_person_and_holds_no_secret(read):
    section = read(HALL.replace('form = "teams"', 'form = "teams"\nurl = "https://chat.example/s3cret"'))
    view = view_of(section, carries_out=True)
    [route] = view.routes
    assert route.holds == "alarms · Calorimeters · by night"
    assert view.quiet == ("expert: 22:00 to 07:00, only alarms",)
    assert view.logbooks == ("log",)
    assert "s3cret" not in repr(view)
    assert [one.can_be_tried for one in view.destinations] == [False, True, True, True]


@pytest.mark.parametrize(("text", "word"), [("physics\n", "physics"), ("", ""), (None, ""), ("cosmic run 7", "cosmic")])
def test_that_the_run_type_is_the_first_word_of_a_file_or_not_known(tmp_path, text, word):
    file = tmp_path / "run_type"
    if text is not None:
        file.write_text(text)
    assert read_run_type(file) == word
