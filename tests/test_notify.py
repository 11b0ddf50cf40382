"""What leaves through GOV.UK Notify: once each, whatever the service does, and to its end."""

import base64
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import notifyserver
import pytest
import sizes
from conftest import TODAY, Measured, Terminal
from notifyserver import BROKEN, DAILY, KEY, RATE, STEPS, TEMPLATE, Office
from sqlalchemy import select, update
from test_outbox import attached, kept_files, receive, states, writing

from assetflow import models as m
from assetflow import outbox
from assetflow import settings as settings_module
from assetflow.casework import mailing
from assetflow.delivery.notify import Service
from assetflow.delivery.notify_text import WIDTH, as_markdown
from assetflow.errors import NotFound
from assetflow.letters import blocks
from assetflow.outbox import Attachment

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
JOAN = "joan@bowls.example"
PDF = b"%PDF-1.7\nA letter.\n%%EOF\n"


def through_notify(af: Terminal, url: str, retry: str = "", more: str = "") -> None:
    """Let the council's letters go by GOV.UK Notify, spoken by a server on this machine."""
    path = af.home / "assetflow.toml"
    text = path.read_text(encoding="utf-8").split("\n[delivery]")[0]
    path.write_text(
        f'{text}\n[delivery]\nchannel = "notify"\nretry = "{retry}"\n'
        f'[notify]\ntemplate = "{TEMPLATE}"\nurl = "{url}"\n{more}\n',
        encoding="utf-8",
    )


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def notify(af: Terminal, office: Office) -> Iterator[Terminal]:
    """A council whose letters go by GOV.UK Notify; no case is open yet."""
    with notifyserver.running(office) as url:
        through_notify(af, url)
        af.environment["ASSETFLOW_NOTIFY_KEY"] = KEY
        yield af


def after(days: int) -> date:
    return TODAY + timedelta(days=days)


def service(af: Terminal, timeout: float = 5.0) -> Service:
    return Service(settings_module.load(af.home, af.environment), timeout)


def deliver(af: Terminal, now: datetime = NOW, timeout: float = 5.0) -> mailing.Delivered:
    return mailing.deliver(af.store.write, service(af, timeout), now)


def problem(af: Terminal) -> str:
    (one,) = af("outbox", "list", "--json").json
    return str(one["problem"])


# --- a message goes out -----------------------------------------------------------------------


def test_an_email_goes_out_by_the_template_and_is_sent_once_it_was_delivered(
    notify: Terminal, office: Office
) -> None:
    receive(notify)
    assert office.taken == []
    assert notify("outbox", "deliver").out == "✓ 1 handed over\n"
    (one,) = office.taken
    letter = notify("letter", "show", "1", "--json").json
    assert (one["email_address"], one["template_id"]) == (JOAN, TEMPLATE)
    assert set(one["personalisation"]) == {"subject", "body"}
    assert one["personalisation"]["subject"] == letter["subject"]
    body = one["personalisation"]["body"]
    assert body == as_markdown(letter["text"])
    # A paragraph is one line, whatever its length.
    assert re.search("^We received your expression of interest on .*; ?|L20 [^\n]*$", body, re.M)
    assert "\n* Step: Expression of interest (now); Who acts: the council; " in body
    assert "email_reply_to_id" not in one

    (waiting,) = notify("outbox", "list", "--json").json
    assert (waiting["state"], waiting["channel"]) == ("underway", "notify")
    assert waiting["remote_id"] == one["id"]
    assert notify("outbox", "deliver").out == "✓ Nothing waits in the outbox.\n"
    office.deliver()
    assert notify("outbox", "deliver", on=after(1)).out == "✓ 1 sent\n"
    assert len(office.taken) == 1
    (sent,) = notify("outbox", "list", "--all", "--json").json
    assert sent["state"] == "sent"
    assert sent["sent_at"].startswith(after(1).isoformat())


def test_a_reference_tells_nothing_of_anybody(notify: Terminal, office: Office) -> None:
    receive(notify)
    receive(notify, 2)
    notify("outbox", "deliver")
    assert len(set(office.references)) == 2
    for one in office.references:
        assert set(one) <= set("0123456789abcdef")
        assert len(one) == 40


def test_replies_go_where_the_settings_say(notify: Terminal, office: Office) -> None:
    path = notify.home / "assetflow.toml"
    path.write_text(path.read_text("utf-8") + f'reply_to = "{TEMPLATE}"\n', "utf-8")
    receive(notify)
    notify("outbox", "deliver")
    assert office.taken[0]["email_reply_to_id"] == TEMPLATE


def test_the_key_may_lie_in_a_file_and_is_shown_nowhere(
    notify: Terminal, office: Office, tmp_path: Path
) -> None:
    del notify.environment["ASSETFLOW_NOTIFY_KEY"]
    receive(notify)
    told = notify("outbox", "deliver", code=2).err
    assert "GOV.UK Notify needs a key." in told
    assert "ASSETFLOW_NOTIFY_KEY" in told
    assert states(notify) == {"queued": 1}

    lies = tmp_path / "notify.key"
    path = notify.home / "assetflow.toml"
    path.write_text(path.read_text("utf-8") + f'key_file = "{lies}"\n', "utf-8")
    assert str(lies) in notify("outbox", "deliver", code=2).err
    lies.write_text(KEY[:-3], "utf-8")
    told = notify("outbox", "deliver", code=2).err
    assert "not whole" in told
    assert KEY[-20:-3] not in told
    lies.write_text(f"\ufeff{KEY}\n", "utf-8")
    assert notify("outbox", "deliver").out == "✓ 1 handed over\n"
    settings = settings_module.load(notify.home, {"ASSETFLOW_NOTIFY_KEY": KEY})
    assert KEY[-36:] not in repr(settings)
    with notify.store.read() as db:
        held = [str(row) for t in m.metadata.sorted_tables for row in db.execute(select(t))]
    assert not any(KEY[-36:] in row for row in held)


def test_without_its_client_it_is_said_what_to_install(
    notify: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "notifications_python_client.errors", None)
    with pytest.raises(NotFound) as told:
        service(notify)
    assert "pip install 'assetflow[notify]'" in str(told.value)


def test_the_doctor_looks_whether_letters_can_go_by_notify(
    notify: Terminal, office: Office
) -> None:
    assert "its client and a key are here" in notify("doctor", code=None).out
    notify.environment["ASSETFLOW_NOTIFY_KEY"] = "half-a-key"
    told = notify("doctor", code=None).out
    assert "The key of GOV.UK Notify is not whole" in told
    assert "half-a-key" not in told
    assert office.calls == []


# --- what becomes of it -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ("permanent-failure", "the address is wrong"),
        ("temporary-failure", "inbox may be full"),
        ("technical-failure", "something went wrong"),
    ],
)
def test_what_could_not_be_delivered_is_shown_where_a_refused_address_is(
    notify: Terminal, office: Office, fate: str, words: str
) -> None:
    receive(notify)
    notify("outbox", "deliver")
    office.fates = {JOAN: fate}
    office.deliver()
    told = notify("outbox", "deliver", code=4)
    assert told.out == "✓ 1 failed\n"
    assert words in told.err
    shown = notify("case", "next", "1").out
    assert "Not delivered" in shown
    assert words in " ".join(shown.split())
    assert "1 message did not leave" in notify("doctor", code=None).out

    # Released, it is another message to Notify, though under the same reference.
    notify("outbox", "release", "1")
    assert notify("outbox", "deliver").out == "✓ 1 handed over\n"
    assert len(office.taken) == 2
    assert len(set(office.references)) == 1
    office.fates = {}
    office.deliver()
    assert notify("outbox", "deliver").out == "✓ 1 sent\n"


def test_a_failure_that_comes_again_after_a_release_is_told_again(
    notify: Terminal, office: Office
) -> None:
    office.fates = {JOAN: "permanent-failure"}
    receive(notify)
    for turn in range(1, 4):
        notify("outbox", "deliver")
        assert len(office.taken) == turn
        office.deliver()
        assert notify("outbox", "deliver", code=4).out == "✓ 1 failed\n"
        notify("outbox", "release", "1")
    moved = notify("outbox", "release", "1", "--to", "jo@bowls.example")
    assert "jo@bowls.example" in moved.out
    notify("outbox", "deliver")
    assert len(set(office.references)) == 2  # to another address it is another message


def test_what_notify_has_forgotten_waits_for_somebody_to_decide(
    notify: Terminal, office: Office
) -> None:
    receive(notify)
    notify("outbox", "deliver")
    office.taken.clear()
    told = notify("outbox", "deliver", on=after(8), code=4)
    assert told.out == "✓ 1 in doubt\n"
    assert "does not know this message any more" in told.err
    notify("outbox", "deliver", on=after(9))
    assert office.taken == []
    notify("outbox", "release", "1", "--arrived")
    assert states(notify) == {"sent": 1}


def test_what_is_underway_can_be_noted_as_arrived_and_not_be_sent_again(
    notify: Terminal, office: Office
) -> None:
    receive(notify)
    notify("outbox", "deliver")
    assert "it is underway" in notify("outbox", "release", "1", code=1).err
    notify("outbox", "release", "1", "--arrived")
    notify("outbox", "deliver")
    assert states(notify) == {"sent": 1}
    assert len(office.taken) == 1


# --- whatever the service does ----------------------------------------------------------------


@pytest.mark.parametrize("retry", ["acknowledgement", ""])
@pytest.mark.parametrize("fault", ["drop", "rubbish", RATE, BROKEN], ids=str)
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_at_any_step_loses_nothing_and_repeats_nothing(
    notify: Terminal, office: Office, step: str, fault: str | notifyserver.Refusal, retry: str
) -> None:
    path = notify.home / "assetflow.toml"
    path.write_text(path.read_text("utf-8").replace('retry = ""', f'retry = "{retry}"'), "utf-8")
    for number in range(1, 4):
        receive(notify, number)
    office.faults, office.times = {step: fault}, 1
    notify("outbox", "deliver", code=4)
    for day in range(1, 4):
        notify("outbox", "deliver", on=after(day), code=0)
    # Where the server takes a message and refuses it, it has to answer for that itself.
    assert sorted(Counter(office.references).values()) == [1, 1, 1]
    office.deliver()
    notify("outbox", "deliver", on=after(4))
    assert states(notify) == {"sent": 3}


@pytest.mark.parametrize("step", ["ask", "template", "send", "taken"])
def test_a_service_that_hangs_is_given_up(notify: Terminal, office: Office, step: str) -> None:
    receive(notify)
    receive(notify, 2)
    office.faults, office.times = {step: "hang"}, 1
    began = time.monotonic()
    done = deliver(notify, timeout=0.3)
    assert time.monotonic() - began < 10
    ((_, outcome),) = done.troubled
    assert outcome.state == ("queued" if step in ("ask", "template") else "unknown")
    assert "gave no answer" in done.stopped
    assert deliver(notify, NOW + timedelta(minutes=30)).troubled == []
    assert sorted(Counter(office.references).values()) == [1, 1]


def test_what_was_handed_over_a_moment_ago_is_not_sent_again_because_nobody_knows_it_yet(
    notify: Terminal, office: Office
) -> None:
    receive(notify)
    office.faults, office.times = {"send": "drop"}, 1
    deliver(notify)
    assert states(notify) == {"unknown": 1}
    deliver(notify, NOW + timedelta(minutes=9))
    assert office.taken == []
    deliver(notify, NOW + timedelta(minutes=11))
    assert len(office.taken) == 1


def test_what_has_been_in_doubt_for_a_week_is_left_to_people(
    notify: Terminal, office: Office
) -> None:
    receive(notify)
    office.faults, office.times = {"send": "drop"}, 1
    deliver(notify)
    deliver(notify, NOW + timedelta(days=6, minutes=1))
    assert office.taken == []
    assert states(notify) == {"unknown": 1}


def test_what_another_channel_left_in_doubt_is_not_asked_after(
    notify: Terminal, office: Office
) -> None:
    receive(notify)
    with notify.store.write() as db:
        db.execute(update(m.outbox).values(
            state="unknown", channel="smtp", claimed_at=NOW - timedelta(hours=1)
        ))  # fmt: skip
    notify("outbox", "deliver")
    assert office.taken == []
    assert states(notify) == {"unknown": 1}


def test_a_database_that_was_restored_sends_nothing_twice(notify: Terminal, office: Office) -> None:
    receive(notify)
    with notify.store.read() as db:
        before = db.execute(select(m.outbox)).one()._asdict()
    notify("outbox", "deliver")
    with notify.store.write() as db:
        db.execute(update(m.outbox).values({k: v for k, v in before.items() if k != "id"}))
    assert states(notify) == {"queued": 1}
    assert notify("outbox", "deliver").out == "✓ 1 handed over\n"
    assert len(office.taken) == 1


def test_a_service_that_is_not_there_stops_the_delivery_and_all_wait(af: Terminal) -> None:
    through_notify(af, "http://127.0.0.1:9")
    af.environment["ASSETFLOW_NOTIFY_KEY"] = KEY
    for number in range(1, 4):
        receive(af, number)
    told = af("outbox", "deliver", code=4)
    assert "1 to try again" in told.out
    assert "GOV.UK Notify gave no answer" in told.err
    assert states(af) == {"queued": 3}


# --- what it says, in our words ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "fault", "what", "who"),
    [
        ("ask", RATE, "too many calls in this minute", "nobody here"),
        ("send", DAILY, "day's limit", "whoever keeps the council's service"),
        ("send", BROKEN, "trouble of its own", "nobody here"),
        ("send", notifyserver.TEAM_ONLY, "as it is set up", "whoever keeps the council's service"),
        ("send", notifyserver.TRIAL, "as it is set up", "whoever keeps the council's service"),
        ("ask", "rubbish", "trouble of its own", "nobody here"),
        ("ask", (404, "NoResultFound", "?"), "refused", "whoever runs assetflow here"),
    ],
    ids=str,
)  # fmt: skip
def test_a_refusal_says_what_it_means_and_who_can_put_it_right(
    notify: Terminal, office: Office, step: str, fault: str | notifyserver.Refusal, what: str,
    who: str,
) -> None:  # fmt: skip
    receive(notify)
    receive(notify, 2)
    office.faults = {step: fault}
    told = notify("outbox", "deliver", code=4)
    assert what in told.err
    assert f"Who can put it right: {who}" in told.err
    if isinstance(fault, tuple):
        assert f"It said: {fault[0]} {fault[2]}" in told.err
    assert states(notify).get("failed") is None
    assert states(notify)["queued"] >= 1


def test_a_key_that_is_not_known_stops_everything(notify: Terminal, office: Office) -> None:
    receive(notify)
    notify.environment["ASSETFLOW_NOTIFY_KEY"] = KEY[:-1] + "0"
    told = notify("outbox", "deliver", code=4).err
    assert "does not know this key" in told
    assert "whoever runs assetflow here" in told
    assert KEY[-36:-1] not in told
    assert states(notify) == {"queued": 1}


@pytest.mark.parametrize("ahead", [-95, 3600])
def test_a_clock_that_is_off_is_told_from_a_wrong_key(
    notify: Terminal, office: Office, ahead: int
) -> None:
    receive(notify)
    office.ahead = ahead
    told = notify("outbox", "deliver", code=4).err
    assert "The clock of this machine is" in told
    assert abs(int(told.split("machine is ")[1].split()[0]) - abs(ahead)) <= 2
    assert states(notify) == {"queued": 1}
    office.ahead = 20  # near enough
    deliver(notify, NOW + timedelta(hours=1))
    assert states(notify) == {"underway": 1}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"id": "bbbbbbbb-cccc-4ddd-8eee-000000000000"}, "no such template"),
        ({"body": "Dear all"}, "((body)) is missing"),
        ({"subject": "News"}, "((subject)) is missing"),
        ({"body": "((body)) ((Case Number))"}, "nothing is known to go to ((casenumber))"),
        ({"type": "letter"}, "it is of the type 'letter'"),
        ({"subject": None, "body": None}, "((body)) is missing; ((subject)) is missing"),
    ],
)
def test_a_template_that_does_not_fit_is_told_before_anything_leaves(
    notify: Terminal, office: Office, changes: dict[str, str], what: str
) -> None:
    office.template |= changes
    receive(notify)
    told = notify("outbox", "deliver", code=4).err
    assert what in told
    assert office.taken == []
    assert states(notify) == {"queued": 1}
    office.template |= {"id": TEMPLATE, "type": "email", "subject": "((Subject))",
                        "body": "Hello.\n((body))\n((subject??We wrote to you.))"}  # fmt: skip
    notify("outbox", "deliver", on=after(1))
    assert len(office.taken) == 1


def test_the_template_is_looked_at_once(notify: Terminal, office: Office) -> None:
    for number in range(1, 4):
        receive(notify, number)
    notify("outbox", "deliver")
    assert Counter(office.calls) == {"ask": 3, "template": 1, "send": 3, "taken": 3}


def test_an_address_that_is_none_fails_alone(notify: Terminal, office: Office) -> None:
    receive(notify)
    receive(notify, 2)
    with notify.store.write() as db:
        db.execute(update(m.outbox).where(m.outbox.c.id == 1).values(address="joan"))
    told = notify("outbox", "deliver", code=4)
    assert told.out == "✓ 1 handed over, 1 failed\n"
    assert "takes this for no email address" in told.err


def test_what_the_client_writes_goes_into_no_log(
    notify: Terminal, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    receive(notify)
    office.faults = {"send": (400, "BadRequestError", f"Can't send to {JOAN}")}
    notify("outbox", "deliver", code=4)
    assert [r for r in caplog.records if r.name.startswith("notifications_python_client")] == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('[delivery]\nchannel = "notify"', "letters go by GOV.UK Notify, so [notify] needs templ"),
        ('[notify]\ntemplate = "12"', "template is '12'; copy the template's id"),
        ('[notify]\nreply_to = "me"', "reply_to is 'me'"),
        ('[notify]\npostage = "third"', "postage is 'third'; known: first, second, economy"),
        ('[notify]\nurl = "http://notify.example"', "it must begin with https://"),
        ('[notify]\nurl = "https://a@b"', "it must begin with https://"),
        ('[notify]\nkey = "x"', "key in [notify] is not known"),
        ("[notify]\ntemplate = 1", "template in [notify] must be text in quotes"),
    ],
)
def test_settings_that_cannot_work_are_told_at_once(af: Terminal, written: str, told: str) -> None:
    path = af.home / "assetflow.toml"
    path.write_text(f"{path.read_text('utf-8')}\n{written}\n", "utf-8")
    assert told in af("outbox", "list", code=2).err


# --- letters by post --------------------------------------------------------------------------


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "letter.pdf"
    path.write_bytes(PDF)
    return path


def on_paper(af: Terminal) -> None:
    """Open a case of a group without an email address."""
    af("group", "add", "Scouts", "--contact", "Ann Hill", "--address", "2 Hill Road, Bootle")
    af("case", "open", "--asset", "SAMPLE-0003", "--group", "Scouts")


def test_a_letter_is_posted_from_its_pdf_and_followed_to_the_letterbox(
    notify: Terminal, office: Office, pdf: Path
) -> None:
    on_paper(notify)
    notify("outbox", "deliver")
    assert office.taken == []
    told = notify("letter", "post", "1", str(pdf)).out
    assert "letter 1 to Scouts waits to be posted: message 1" in told
    assert notify("outbox", "deliver").out == "✓ 1 handed over\n"
    (one,) = office.taken
    assert base64.b64decode(one["content"]) == PDF
    assert (one["type"], one["postage"]) == ("letter", "second")
    assert kept_files(notify) == [(Attachment("", "", PDF).sha256, PDF)]
    one["status"] = "accepted"
    notify("outbox", "deliver")
    assert states(notify) == {"underway": 1}  # sent to the printer is not posted yet
    office.deliver()
    notify("outbox", "deliver")
    assert states(notify) == {"sent": 1}
    assert kept_files(notify) == [(Attachment("", "", PDF).sha256, None)]
    refused = notify("letter", "post", "1", str(pdf), code=1)
    assert "message 1 is sent" in refused.err


def test_a_pdf_that_breaks_the_rules_comes_back_and_is_replaced(
    notify: Terminal, office: Office, pdf: Path
) -> None:
    on_paper(notify)
    notify("letter", "post", "1", str(pdf))
    office.fates = {"letter": "validation-failed"}
    notify("outbox", "deliver")
    office.deliver()
    assert "breaks its rules" in notify("outbox", "deliver", code=4).err
    refused = notify("outbox", "release", "1", "--to", "a@b.example", code=2)
    assert "goes by post" in refused.err
    pdf.write_bytes(PDF + b"% made anew\n")
    notify("letter", "post", "1", str(pdf))
    office.fates = {}
    notify("outbox", "deliver")
    assert base64.b64decode(office.taken[1]["content"]).endswith(b"made anew\n")
    office.deliver()
    notify("outbox", "deliver")
    assert states(notify) == {"sent": 1}


def test_what_is_no_pdf_or_too_large_is_not_queued(notify: Terminal, pdf: Path) -> None:
    on_paper(notify)
    for content, told in ((b"Dear", "no PDF"), (PDF + b" " * 2**21, "over the 2 MB")):
        pdf.write_bytes(content)
        assert told in notify("letter", "post", "1", str(pdf), code=2).err
    pdf.write_bytes(PDF)
    assert "cannot be read" in notify("letter", "post", "1", str(pdf) + "x", code=2).err
    notify("letter", "post", "9", str(pdf), code=6)
    assert states(notify) == {}


def test_where_nobody_posts_letters_it_is_said(case: Terminal, pdf: Path) -> None:
    refused = case("letter", "post", "1", str(pdf), code=1)
    assert "nobody posts letters for you" in refused.err


def test_a_message_by_post_without_a_pdf_fails_with_a_plain_reason(
    notify: Terminal, office: Office
) -> None:
    number = attached(notify, Attachment("a.txt", "text/plain", b"Dear"))
    with notify.store.write() as db:
        db.execute(update(m.outbox).where(m.outbox.c.id == number).values(way="post"))
    told = notify("outbox", "deliver", code=4).err
    assert "posts letters as PDF, and this one carries none" in told
    assert "assetflow letter post" in told
    assert office.calls == []


def test_a_team_key_posts_no_letter_and_emails_still_leave(
    notify: Terminal, office: Office, pdf: Path
) -> None:
    on_paper(notify)
    notify("letter", "post", "1", str(pdf))
    receive(notify)
    office.faults, office.times = {"send": notifyserver.TEAM_LETTER}, 1
    told = notify("outbox", "deliver", code=4)
    assert "posts no letter for this key" in told.err
    assert [one["type"] for one in office.taken] == ["email"]


def test_email_by_notify_carries_no_files(notify: Terminal, office: Office) -> None:
    attached(notify, Attachment("a.pdf", "application/pdf", PDF))
    told = notify("outbox", "deliver", code=4).err
    assert "carries no files" in told
    assert office.calls == []


def test_an_anchor_is_written_as_a_file_where_letters_go_by_notify(
    notify: Terminal, tmp_path: Path
) -> None:
    receive(notify)
    made = notify("db", "anchor", str(tmp_path), "--mail-to", "audit@council.example", "--json")
    assert made.json["message"] is None
    assert Path(made.json["mail"]).is_file()


# --- as Notify shows it -----------------------------------------------------------------------


def test_a_text_is_laid_out_anew_for_notify() -> None:
    assert blocks.WIDTH == WIDTH
    written = blocks.to_text(blocks.read(LETTER))
    assert as_markdown(written) == SHOWN


LETTER = """\
# A heading that is so very long that it has to be broken because it goes over the width

Dear friends of the park, this paragraph is long enough that it must be broken somewhere in it.

2 Hill Road\\
Bootle\\
L20 3NJ

## What to do

- Write to us, and do not forget anything at all that you might want to have in it, ever.
- Ring us

1. One
2. Two

| Date | What happens |
|---|---|
| 1 May 2026 | You answer |
| 2 May 2026 | We answer |

Yours, [our page](https://council.example/x)
"""
SHOWN = """\
# A heading that is so very long that it has to be broken because it goes over the width

Dear friends of the park, this paragraph is long enough that it must be broken somewhere in it.

2 Hill Road
Bootle
L20 3NJ

## What to do

* Write to us, and do not forget anything at all that you might want to have in it, ever.
* Ring us

1. One
2. Two

* Date: 1 May 2026; What happens: You answer
* Date: 2 May 2026; What happens: We answer

Yours, our page (https://council.example/x)
"""


def test_no_name_becomes_a_link_that_says_something_else() -> None:
    assert "](" not in as_markdown("Friends [of the park](https://evil.example)\n")


# --- those that die ---------------------------------------------------------------------------

DYING = """\
import sys
from datetime import datetime
from pathlib import Path

from assetflow import settings
from assetflow.casework import mailing
from assetflow.database import Store
from assetflow.delivery.notify import Service

home, url, now = Path(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3])
channel = Service(settings.load(home, {"ASSETFLOW_NOTIFY_KEY": sys.argv[4]}))
print("ready", flush=True)
sys.stdin.readline()
mailing.deliver(Store(url, keep=True).write, channel, now)
"""
KILLS, MANY = (40, 300) if sizes.SOAK else (4, 60)


@pytest.mark.long
@pytest.mark.parametrize("policy", ["retry", "hold"])
def test_deliveries_that_are_killed_lose_nothing_and_repeat_nothing(
    notify: Terminal, office: Office, policy: str, measured: Measured
) -> None:
    receive(notify)
    with notify.store.write() as db:
        db.execute(update(m.outbox).values(policy=policy))
        letter = db.execute(select(m.letters.c.id)).scalar()
        for number in range(1, MANY):
            outbox.queue(
                db, f"letter:1:{number + 1}", letter_id=letter, case_id=1, policy=policy,
                address=f"g{number}@group.example", recorded_at=NOW,
            )  # fmt: skip
    database = notify.store.backend.url.render_as_string(hide_password=False)
    moment = NOW
    for kill in range(KILLS):
        moment += outbox.LEASE * 2
        words = [sys.executable, "-c", DYING, str(notify.home), database, moment.isoformat(), KEY]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as dying:
            assert dying.stdin is not None
            assert dying.stdout is not None
            assert dying.stdout.readline() == "ready\n"
            dying.stdin.write("\n")
            dying.stdin.flush()
            wanted, patience = len(office.taken) + 1 + kill % 6, time.monotonic() + 20
            while len(office.taken) < wanted and time.monotonic() < patience:
                time.sleep(0.001)
            time.sleep(random.uniform(0, 0.02))
            dying.kill()
    before = len(office.taken)
    for _ in range(2):
        moment += outbox.LEASE * 2
        mailing.deliver(writing(notify), service(notify), moment)
    arrived = Counter(office.references)
    assert states(notify) == {"underway": MANY}
    assert Counter(arrived.values()) == {1: MANY}
    assert KILLS <= before < MANY  # each kill met one at work
    measured(
        "F8", f"Notify, deliveries killed, {policy}, {database.split(':')[0]}",
        kills=KILLS, messages=MANY, lost=MANY - len(arrived),
        repeated=sum(arrived.values()) - len(arrived),
    )  # fmt: skip
