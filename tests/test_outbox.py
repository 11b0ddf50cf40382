"""What leaves by mail: queued with the change, sent after it, once, whatever the server does."""

import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import mailserver
import pytest
import sizes
from conftest import TODAY, Measured, Terminal
from mailserver import BEFORE, STEPS, Letterbox
from sqlalchemy import select, update

from assetflow import models as m
from assetflow import outbox
from assetflow import settings as settings_module
from assetflow.casework import digests, mailing
from assetflow.database import Store
from assetflow.delivery.smtp import Server
from assetflow.outbox import Attachment

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TOMORROW = TODAY + timedelta(days=1)
NEXT_WEEK = TODAY + timedelta(days=7)


def mailing_from(af: Terminal, port: int, retry: str = "") -> None:
    """Let the council's letters go by mail, through a server on this machine."""
    path = af.home / "assetflow.toml"
    text = path.read_text(encoding="utf-8").split("\n[delivery]")[0]
    path.write_text(
        f'{text}\n[delivery]\nchannel = "smtp"\nretry = "{retry}"\n'
        f'[smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        'sender = "assets@council.example"\n',
        encoding="utf-8",
    )


@pytest.fixture
def box() -> Letterbox:
    return Letterbox()


@pytest.fixture
def by_mail(af: Terminal, box: Letterbox) -> Iterator[Terminal]:
    """A council whose letters go by mail; no case is open yet."""
    with mailserver.running(box) as port:
        mailing_from(af, port)
        yield af


def receive(af: Terminal, number: int = 1, champion: str = "alex") -> None:
    af("case", "open", "--asset", f"SAMPLE-000{number}", "--group", "Bowls Club",
       "--champion", champion)  # fmt: skip


def states(af: Terminal) -> dict[str, int]:
    with af.store.read() as db:
        return outbox.counted(db)


# --- a letter goes out ------------------------------------------------------------------------


def test_a_letter_waits_until_it_is_delivered_and_then_arrives_as_it_was_written(
    by_mail: Terminal, box: Letterbox
) -> None:
    receive(by_mail)
    assert box.taken == []
    waiting = by_mail("outbox", "list").out
    assert re.search(r"1\s+queued\s+joan@bowls.example\s+We have your expression", waiting)

    assert by_mail("outbox", "deliver").out == "✓ 1 sent\n"
    (mail,) = box.taken
    assert box.recipients == ["joan@bowls.example"]
    letter = by_mail("letter", "show", "1", "--json").json
    assert mail["Subject"] == letter["subject"]
    assert mail["To"] == '"Bowls Club" <joan@bowls.example>'.replace('"', "")
    assert mail["From"] == "Sefton Council <assets@council.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().split() == letter["text"].split()
    assert html.get_content().split() == letter["html"].split()
    assert all(len(line) <= 998 for line in bytes(mail).splitlines())

    assert by_mail("outbox", "deliver").out == "✓ Nothing waits in the outbox.\n"
    assert by_mail("outbox", "list").out == "Nothing waits in the outbox.\n"
    (sent,) = by_mail("outbox", "list", "--all", "--json").json
    assert (sent["state"], sent["attempts"], sent["letter"]) == ("sent", 1, 1)


def test_all_mail_about_a_case_hangs_together_and_no_two_messages_have_one_id(
    by_mail: Terminal, box: Letterbox
) -> None:
    receive(by_mail)
    by_mail("case", "withdraw", "1", "--why", "Found another site")
    receive(by_mail, 2)
    by_mail("outbox", "deliver")
    threads = [str(mail["References"]) for mail in box.taken]
    assert Counter(threads) == {
        "<cat-2026-0001@council.example>": 2,
        "<cat-2026-0002@council.example>": 1,
    }
    assert [str(mail["In-Reply-To"]) for mail in box.taken] == threads
    assert len(set(box.ids)) == 3


def test_two_homes_of_one_council_send_no_two_messages_with_one_id(
    by_mail: Terminal, box: Letterbox
) -> None:
    receive(by_mail)
    with by_mail.store.read() as db:
        one = outbox.one(db, 1)
    assert one is not None
    other = replace(one, recorded_at=one.recorded_at + timedelta(microseconds=1))
    moved = replace(one, address="jo@bowls.example")
    assert len({one.token, other.token, moved.token}) == 3
    assert replace(one, attempts=9, state="unknown").token == one.token


def test_a_group_without_an_address_is_written_to_on_paper(
    by_mail: Terminal, box: Letterbox
) -> None:
    by_mail("group", "add", "Scouts", "--contact", "Ann Hill", "--address", "2 Hill Road, Bootle")
    by_mail("case", "open", "--asset", "SAMPLE-0003", "--group", "Scouts")
    by_mail("outbox", "deliver")
    assert box.taken == []
    assert len(list((by_mail.home / "letters-sent").rglob("*acknowledgement.txt"))) == 1


def test_where_letters_are_files_nothing_waits_and_delivering_says_so(case: Terminal) -> None:
    assert case("outbox", "list").out == "Nothing waits in the outbox.\n"
    refused = case("outbox", "deliver", code=1)
    assert "letters are files in letters-sent" in refused.err
    assert '[delivery] channel = "smtp"' in refused.err


def test_a_change_that_is_refused_queues_nothing(by_mail: Terminal) -> None:
    receive(by_mail)
    by_mail("case", "open", "--asset", "SAMPLE-0001", "--group", "Nobody", code=6)
    by_mail("case", "advance", "1", "accept", code=1)
    assert states(by_mail) == {"queued": 1}


# --- whatever the server does -----------------------------------------------------------------


@pytest.mark.parametrize("fault", ["drop", "451 come again"])
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_at_any_step_loses_nothing_and_repeats_nothing(
    by_mail: Terminal, box: Letterbox, step: str, fault: str
) -> None:
    for number in range(1, 4):
        receive(by_mail, number)
    box.faults, box.times = {step: fault}, 1
    by_mail("outbox", "deliver", code=None)
    for day in range(1, 4):
        by_mail("outbox", "deliver", on=TODAY + timedelta(days=day), code=None)
    in_doubt = by_mail("outbox", "list", "--json").json
    if fault == "drop" and step not in BEFORE:
        # It is not known whether it arrived, so nobody sends it again unasked.
        assert [one["state"] for one in in_doubt] == ["unknown"]
        assert sorted(Counter(box.ids).values()) == [1] * (2 if step == "content" else 3)
        by_mail("outbox", "release", str(in_doubt[0]["id"]))
        by_mail("outbox", "deliver", on=NEXT_WEEK)
        assert len(set(box.ids)) == 3  # sent again, it is the same message
        return
    assert in_doubt == []
    # Where the server takes a message and says no to it, it has to answer for that itself.
    repeated = step == "taken" and fault != "drop"
    assert sorted(Counter(box.ids).values()) == ([1, 1, 2] if repeated else [1, 1, 1])


@pytest.mark.long
@pytest.mark.parametrize("fault", ["drop", "451 come again"])
@pytest.mark.parametrize("step", STEPS)
def test_a_server_that_fails_again_and_again_loses_nothing_and_repeats_nothing(
    by_mail: Terminal, box: Letterbox, step: str, fault: str, measured: Measured
) -> None:
    fill(by_mail, count := sizes.of(50, 500))
    settings = settings_module.load(by_mail.home, by_mail.environment)
    # A line that was opened stays open: only each delivery meets these steps.
    box.faults, box.every = {step: fault}, 2 if step in ("connect", "EHLO") else 5
    moment = NOW
    for _ in range(count):
        moment += timedelta(hours=7)
        mailing.deliver(writing(by_mail), Server(settings), moment)
        if not states(by_mail).get("queued"):
            break
    arrived, found = Counter(box.ids), states(by_mail)
    doubted, repeated = found.get("unknown", 0), sum(arrived.values()) - len(arrived)
    assert found.get("sent", 0) + doubted == count
    assert len(arrived) + doubted >= count
    # Where the server takes a message and says no to it, it has to answer for that itself.
    own_doing = step == "taken" and fault != "drop"
    assert bool(repeated) == own_doing
    assert bool(doubted) == (step in ("content", "taken") and fault == "drop")
    measured(
        "F7", "a mail server that fails at each of 8 steps, drops and 451", messages=count,
        lost=count - found.get("sent", 0) - doubted, held=doubted,
        repeated=0 if own_doing else repeated,
    )  # fmt: skip


@pytest.mark.parametrize("step", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "content", "taken"])
def test_a_server_that_hangs_is_given_up(by_mail: Terminal, box: Letterbox, step: str) -> None:
    receive(by_mail)
    box.faults = {step: "hang"}
    settings = settings_module.load(by_mail.home, {})
    began = time.monotonic()
    done = mailing.deliver(by_mail.store.write, Server(settings, timeout=0.3), NOW)
    assert time.monotonic() - began < 10
    ((_, outcome),) = done.troubled
    assert outcome.state == ("queued" if step in BEFORE else "unknown")


def test_a_server_that_is_not_there_stops_the_delivery_and_all_wait(
    by_mail: Terminal, box: Letterbox
) -> None:
    for number in range(1, 4):
        receive(by_mail, number)
    mailing_from(by_mail, 9)
    told = by_mail("outbox", "deliver", code=4)
    assert "1 to try again" in told.out
    assert "The mail server cannot be used: " in told.err
    assert states(by_mail) == {"queued": 3}


def test_a_council_that_may_not_send_from_its_address_loses_no_letter(
    by_mail: Terminal, box: Letterbox
) -> None:
    receive(by_mail)
    receive(by_mail, 2)
    box.faults = {"MAIL": "550 you may not send from here"}
    told = by_mail("outbox", "deliver", code=4)
    assert "you may not send from here" in told.err
    assert states(by_mail) == {"queued": 2}


def test_a_server_without_encryption_gets_no_letter(by_mail: Terminal, box: Letterbox) -> None:
    receive(by_mail)
    path = by_mail.home / "assetflow.toml"
    path.write_text(path.read_text("utf-8").replace('"none"', '"starttls"'), "utf-8")
    told = by_mail("outbox", "deliver", code=4)
    assert "STARTTLS" in told.err
    assert box.taken == []
    assert states(by_mail) == {"queued": 1}


def test_a_message_waits_longer_after_each_try_and_fails_after_two_days() -> None:
    waits = [outbox.wait(tries) for tries in range(1, outbox.MOST_TRIES)]
    assert [str(one) for one in waits[:4]] == ["0:05:00", "0:10:00", "0:20:00", "0:40:00"]
    assert max(waits) == timedelta(hours=6)
    assert timedelta(days=1) < sum(waits, timedelta()) < timedelta(days=3)


def test_what_is_tried_in_vain_for_two_days_fails_and_says_so(
    by_mail: Terminal, box: Letterbox
) -> None:
    receive(by_mail)
    box.faults = {"RCPT": "451 no room"}
    for day in range(outbox.MOST_TRIES):
        by_mail("outbox", "deliver", on=TODAY + timedelta(days=day), code=4)
    by_mail("outbox", "deliver", on=TODAY + timedelta(days=30))
    (failed,) = by_mail("outbox", "list", "--json").json
    assert (failed["state"], failed["attempts"]) == ("failed", outbox.MOST_TRIES)
    assert "451 no room" in failed["problem"]


# --- what people decide -----------------------------------------------------------------------


def test_a_refused_address_is_shown_and_mended(by_mail: Terminal, box: Letterbox) -> None:
    receive(by_mail)
    box.faults, box.times = {"RCPT": "550 no such mailbox"}, 1
    told = by_mail("outbox", "deliver", code=4)
    assert told.out == "✓ 1 failed\n"
    assert "message 1 to joan@bowls.example, CAT-2026-0001" in told.err
    assert "550 no such mailbox" in told.err
    assert "assetflow outbox release 1 --to ADDRESS" in by_mail("outbox", "list").out
    by_mail("outbox", "deliver", on=NEXT_WEEK)
    assert box.taken == []

    by_mail("outbox", "release", "1", "--to", "not an address", code=2)
    released = by_mail("outbox", "release", "1", "--to", "jo@bowls.example")
    assert "message 1 waits again, to jo@bowls.example" in released.out
    by_mail("outbox", "deliver")
    assert box.recipients == ["jo@bowls.example"]
    refused = by_mail("outbox", "release", "1", code=1)
    assert "it is sent" in refused.err
    assert "There is no message 7" in by_mail("outbox", "release", "7", code=6).err


def test_what_is_in_doubt_can_be_noted_as_arrived(by_mail: Terminal, box: Letterbox) -> None:
    receive(by_mail)
    box.faults, box.times = {"taken": "drop"}, 1
    told = by_mail("outbox", "deliver", code=4)
    assert told.out == "✓ 1 in doubt\n"
    assert "--arrived" in by_mail("outbox", "list").out
    by_mail("outbox", "release", "1", "--arrived", "--to", "x@y.example", code=2)
    by_mail("outbox", "release", "1", "--arrived")
    by_mail("outbox", "deliver")
    assert len(box.taken) == 1
    assert states(by_mail) == {"sent": 1}


def test_a_letter_whose_policy_is_retry_is_sent_again_with_the_same_id(
    af: Terminal, box: Letterbox
) -> None:
    with mailserver.running(box) as port:
        mailing_from(af, port, retry="decision_published, acknowledgement")
        receive(af)
        box.faults, box.times = {"taken": "drop"}, 1
        af("outbox", "deliver", code=None)
        af("outbox", "deliver", on=TOMORROW)
    assert len(box.ids) == 2
    assert len(set(box.ids)) == 1
    assert states(af) == {"sent": 1}


def test_an_erased_letter_never_leaves(by_mail: Terminal, box: Letterbox) -> None:
    receive(by_mail)
    by_mail("case", "withdraw", "1", "--why", "Found another site")
    by_mail("person", "add", "Ina Gray", "--role", "information_officer", "--authority", "Scheme")
    later = TODAY + timedelta(days=366 * 30)
    by_mail("--as", "ina", "person", "erase", "Joan Mills", "--ground", "Request", on=later)
    by_mail("outbox", "deliver", on=later)
    assert box.taken == []
    assert "joan" not in by_mail("outbox", "list", "--all", "--json").out.casefold()


# --- files that go with a message ---------------------------------------------------------------


def attached(af: Terminal, *files: Attachment, html: str = "<p>Words</p>") -> int:
    """Queue a message with files."""
    with af.store.write() as db:
        return outbox.queue(
            db, "digest:1:2026-03-02", files, address="mary@council.example", policy="hold",
            subject="Minutes", text="Words", html=html, recorded_at=NOW,
        )  # fmt: skip


PDF = Attachment("Llythyr ŵ.pdf", "application/pdf", b"%PDF-1.7\n.\r\n..\n\x00\xff" * 50)
NOTE = Attachment("note\nX-Bad: yes.txt", "text/plain", "Bowling grün\n".encode())


def test_files_arrive_beside_text_and_html_just_as_they_were(
    by_mail: Terminal, box: Letterbox
) -> None:
    attached(by_mail, PDF, NOTE)
    by_mail("outbox", "deliver")
    (mail,) = box.taken
    assert mail.get_content_type() == "multipart/mixed"
    words, *files = mail.iter_parts()
    assert [one.get_content_type() for one in words.iter_parts()] == ["text/plain", "text/html"]
    assert [one.get_content_type() for one in files] == ["application/pdf", "text/plain"]
    assert [one.get_filename() for one in files] == ["Llythyr ŵ.pdf", "note X-Bad: yes.txt"]
    assert [one.get_payload(decode=True) for one in files] == [PDF.content, NOTE.content]
    assert all(one.get_content_disposition() == "attachment" for one in files)
    assert mail["X-Bad"] is None
    assert all(len(line) <= 998 for line in bytes(mail).splitlines())


def test_files_are_kept_until_the_message_has_arrived(by_mail: Terminal, box: Letterbox) -> None:
    attached(by_mail, PDF, html="")
    box.faults, box.times = {"RCPT": "550 no such mailbox"}, 1
    by_mail("outbox", "deliver", code=4)
    assert kept_files(by_mail) == [(PDF.sha256, PDF.content)]
    by_mail("outbox", "release", "1")
    by_mail("outbox", "deliver")
    assert kept_files(by_mail) == [(PDF.sha256, None)]
    (mail,) = box.taken
    assert [one.get_content_type() for one in mail.iter_parts()] == [
        "text/plain",
        "application/pdf",
    ]


def kept_files(af: Terminal) -> list[tuple[str, bytes | None]]:
    t = m.outbox_files
    with af.store.read() as db:
        return [(row.sha256, row.content) for row in db.execute(select(t).order_by(t.c.place))]


def test_an_anchor_is_queued_with_its_file_and_held_against_the_record(
    by_mail: Terminal, box: Letterbox, tmp_path: Path
) -> None:
    receive(by_mail)
    to = ("--mail-to", "audit@council.example")
    made = by_mail("db", "anchor", str(tmp_path), *to, "--json").json
    assert (made["mail"], made["message"]) == (None, 2)
    assert box.taken == []
    by_mail("outbox", "deliver")
    mail = box.taken[-1]
    assert mail["To"] == "audit@council.example"
    assert made["code"] in str(mail["Subject"])
    (file,) = mail.iter_attachments()
    raw = file.get_payload(decode=True)
    assert raw == Path(made["file"]).read_bytes()
    kept = tmp_path / "kept.eml"
    kept.write_bytes(bytes(mail))
    assert "1 anchor" in by_mail("db", "verify", str(kept), "--code", made["code"]).out
    elsewhere = tmp_path / "again"
    elsewhere.mkdir()
    assert (
        "message 2 to audit@council.example is sent"
        in by_mail("db", "anchor", str(elsewhere), *to).out
    )
    # It belongs to no day's digests, wherever letters go from now on.
    told = by_mail("db", "anchor", str(tmp_path), *to, on=TOMORROW).out
    assert "message 3 to audit@council.example waits: assetflow outbox deliver" in told
    path = by_mail.home / "assetflow.toml"
    path.write_text(path.read_text("utf-8").split("\n[delivery]")[0], "utf-8")
    by_mail("sweep", on=TOMORROW)
    assert not (by_mail.home / "anchors").exists()
    assert states(by_mail) == {"sent": 2, "queued": 1}


def test_an_anchor_can_go_into_a_file_instead(by_mail: Terminal, tmp_path: Path) -> None:
    receive(by_mail)
    to = ("--mail-to", "audit@council.example", "--as-file")
    made = by_mail("db", "anchor", str(tmp_path), *to, "--json").json
    assert made["message"] is None
    assert "1 anchor" in by_mail("db", "verify", made["mail"], "--code", made["code"]).out
    assert states(by_mail) == {"queued": 1}
    assert "give --mail-to" in by_mail("db", "anchor", str(tmp_path), "--as-file", code=2).err


def test_an_anchor_that_could_not_be_written_leaves_no_message(
    by_mail: Terminal, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    by_mail("db", "anchor", str(gone), "--mail-to", "audit@council.example", code=2)
    assert states(by_mail) == {}


# --- several at once, and those that die ------------------------------------------------------


def fill(af: Terminal, count: int, policy: str = "hold") -> None:
    """Queue many messages as if so many letters had been written."""
    receive(af)
    with af.store.write() as db:
        db.execute(update(m.outbox).values(policy=policy))
        letter = db.execute(select(m.letters.c.id)).scalar()
        for number in range(1, count):
            outbox.queue(
                db, f"letter:1:{number + 1}", letter_id=letter, case_id=1, policy=policy,
                address=f"g{number}@group.example", recorded_at=NOW,
            )  # fmt: skip


def test_eight_deliveries_at_once_send_every_message_once(
    by_mail: Terminal, box: Letterbox, measured: Measured
) -> None:
    fill(by_mail, count := MANY)
    settings = settings_module.load(by_mail.home, by_mail.environment)
    done: list[mailing.Delivered] = []

    def deliver() -> None:
        done.append(mailing.deliver(writing(by_mail), Server(settings), NOW))

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 8
    assert sum(one.counts.get("sent", 0) for one in done) == count
    assert Counter(Counter(box.ids).values()) == {1: count}
    assert states(by_mail) == {"sent": count}
    measured("F8", "8 deliveries at once", messages=count, repeated=len(box.ids) - count)


def writing(af: Terminal) -> mailing.Writing:
    """Give one thread the database, with connections of its own."""
    return Store(af.store.backend.url.render_as_string(hide_password=False), keep=True).write


DYING = """\
import sys
from datetime import datetime
from pathlib import Path

from assetflow import settings
from assetflow.casework import mailing
from assetflow.database import Store
from assetflow.delivery.smtp import Server
from assetflow.outbox import Attachment

home, url, now = Path(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
mailing.deliver(Store(url, keep=True).write, Server(settings.load(home, {})), now)
"""
KILLS, MANY = (40, 300) if sizes.SOAK else (4, 60)


@pytest.mark.long
@pytest.mark.parametrize("policy", ["retry", "hold"])
def test_deliveries_that_are_killed_lose_nothing_and_repeat_only_what_was_asked_for(
    by_mail: Terminal, box: Letterbox, policy: str, measured: Measured
) -> None:
    fill(by_mail, count := MANY, policy)
    url = by_mail.store.backend.url.render_as_string(hide_password=False)
    moment = NOW
    for kill in range(KILLS):
        moment += outbox.LEASE * 2
        words = [sys.executable, "-c", DYING, str(by_mail.home), url, moment.isoformat()]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as dying:
            assert dying.stdin is not None
            assert dying.stdout is not None
            assert dying.stdout.readline() == "ready\n"
            dying.stdin.write("\n")
            dying.stdin.flush()
            wanted, patience = len(box.taken) + 1 + kill % 6, time.monotonic() + 20
            while len(box.taken) < wanted and time.monotonic() < patience:
                time.sleep(0.001)
            time.sleep(random.uniform(0, 0.02))
            dying.kill()
    assert KILLS <= len(box.taken) < count  # each kill met one at work
    settings = settings_module.load(by_mail.home, by_mail.environment)
    moment += outbox.LEASE * 2
    mailing.deliver(writing(by_mail), Server(settings), moment)
    arrived, found = Counter(box.ids), states(by_mail)
    repeats = sum(number - 1 for number in arrived.values())
    if policy == "retry":
        assert found == {"sent": count}
        assert len(arrived) == count  # none is missed
        assert repeats <= KILLS
    else:
        assert repeats == 0
        assert found.get("unknown", 0) <= KILLS
        assert found["sent"] + found.get("unknown", 0) == count
        assert len(arrived) >= found["sent"]  # all others wait for somebody's decision
    measured(
        "F8", f"mail, deliveries killed, {policy}, {url.split(':')[0]}", kills=KILLS,
        messages=count, lost=count - found["sent"] - found.get("unknown", 0),
        repeated=repeats, held=found.get("unknown", 0),
    )  # fmt: skip


# --- the digest -------------------------------------------------------------------------------


def digest_of(mail: EmailMessage) -> list[str]:
    """Give the headings and points of a digest."""
    text = mail.get_body(("plain",))
    assert text is not None
    joined = re.sub(r"\n  +", " ", text.get_content().replace("\r", ""))
    return [line for line in joined.split("\n") if line.startswith("- ")]


def test_everybody_gets_one_digest_a_day_with_all_they_are_to_act_on(
    by_mail: Terminal, box: Letterbox
) -> None:
    by_mail("person", "add", "Mary Chan", "--role", "director", "--email", "mary@council.example",
            "--authority", "Scheme")  # fmt: skip
    for number in range(1, 4):
        receive(by_mail, number, "mary")
    by_mail("outbox", "deliver")
    box.taken.clear()
    late = TODAY + timedelta(days=60)
    swept = by_mail("sweep", on=late).out
    assert "digest for Mary Chan: 12 things" in swept
    by_mail("sweep", on=late)
    by_mail("outbox", "deliver", on=late)
    people = Counter(str(mail["To"]) for mail in box.taken)
    assert set(people.values()) == {1}
    (mary,) = (mail for mail in box.taken if "Mary" in str(mail["To"]))
    assert mary["Subject"] == "Asset transfers that need you, 1 May 2026"
    points = digest_of(mary)
    assert [line.split(",")[0] for line in points[:12]] == ["- CAT-2026-0001", "- CAT-2026-0002",
                                                            "- CAT-2026-0003"] * 4  # fmt: skip
    by_mail("sweep", on=late + timedelta(days=1))
    by_mail("outbox", "deliver", on=late + timedelta(days=1))
    assert set(Counter(str(mail["To"]) for mail in box.taken).values()) == {1}  # nothing is new


def test_a_long_digest_is_cut_and_goes_on_the_next_day(
    by_mail: Terminal, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "MOST", 4)
    for number in range(1, 4):
        receive(by_mail, number)
    late = TODAY + timedelta(days=60)
    assert "digest for Alex Reid: 4 things, 8 more tomorrow" in by_mail("sweep", on=late).out
    by_mail("case", "withdraw", "3", "--why", "Found another site", on=late)
    again = by_mail("sweep", on=late + timedelta(days=1)).out
    # Of a case that has ended since, nobody is to act on anything.
    assert "digest for Alex Reid: 4 things\n" in again


def test_whoever_stands_in_hears_of_it_too_while_somebody_is_away(
    by_mail: Terminal, box: Letterbox
) -> None:
    receive(by_mail)
    until = (TODAY + timedelta(days=60)).isoformat()
    by_mail("grant", "deputise", "owen", "--for", "alex", "--role", "champion",
            "--until", until, "--authority", "Leave")  # fmt: skip
    swept = by_mail("sweep", on=TODAY + timedelta(days=50)).out
    assert "digest for Owen Price" in swept
    by_mail("case", "withdraw", "1", "--why", "Found another site", on=TODAY + timedelta(days=50))
    receive(by_mail, 2)
    swept = by_mail("sweep", on=TODAY + timedelta(days=130)).out
    assert "digest for Alex Reid" in swept
    assert "digest for Owen Price" not in swept


def test_where_letters_are_files_a_digest_is_a_file_and_goes_with_its_person(
    case: Terminal,
) -> None:
    case("champion", "name", "1", "alex")
    late = TODAY + timedelta(days=60)
    case("sweep", on=late)
    lying = sorted(path.name for path in (case.home / "digests" / late.isoformat()).iterdir())
    assert [re.sub("[0-9]+-", "", name) for name in lying] == [
        "sam-taylor.txt", "alex-reid.txt", "grace-okoro.txt",
    ]  # fmt: skip
    assert case("outbox", "list").out == "Nothing waits in the outbox.\n"
    words = (case.home / "digests" / late.isoformat() / lying[0]).read_text("utf-8")
    assert words.startswith("To: Sam Taylor <sam@council.example>\nSubject: Asset transfers that")


# --- settings ---------------------------------------------------------------------------------


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('[delivery]\nchannel = "pigeon"', "channel is 'pigeon'; known: folder, smtp"),
        ('[delivery]\nchannel = "smtp"', "letters go by mail, so [smtp] needs host"),
        ('[smtp]\nport = "x"', "port is 'x'; write a number such as 587"),
        ("[smtp]\nport = 70000", "port is '70000'"),
        ("[smtp]\nport = true", "port in [smtp] must be text in quotes"),
        ('[smtp]\nsecurity = "off"', "security is 'off'; known: starttls, tls, none"),
        ('[smtp]\nsender = "a b@c"', "sender is 'a b@c'; write one email address"),
        ('[smtp]\npassword = "x"', "password in [smtp] is not known"),
    ],
)
def test_settings_that_cannot_work_are_told_at_once(af: Terminal, written: str, told: str) -> None:
    path = af.home / "assetflow.toml"
    path.write_text(f"{path.read_text('utf-8')}\n{written}\n", "utf-8")
    assert told in af("outbox", "list", code=2).err
