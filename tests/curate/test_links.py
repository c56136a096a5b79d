"""Outside links: where each is written, and what is said of it when it was asked."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from digest.curate.dialing import Fault
from digest.curate.findings import Finding, Verdict
from digest.curate.links import Mention, Report, check_links, mentions, report
from digest.library.newsletter import Newsletter
from digest.library.problems import Problem, WorldError
from digest.library.reading import Library
from tests.curate.hosts import BEGIN, Behaviour, Hosts, answer, by_method, one_after_the_other
from tests.library.project import AUTHORS, COURSE, ISSUE, PAGE, PAPER, PROJECT, project, read, replaced, with_body

OK = answer(200)
DAY = date(2021, 5, 14)


def newsletter_at(root: Path, changes: dict[str, str | bytes | None]) -> tuple[Library, Newsletter]:
    library, newsletter, _ = read(project(root, changes))
    assert newsletter
    return library, newsletter


def mentioned(root: Path, changes: dict[str, str | bytes | None]) -> set[Mention]:
    """What a change of the small project mentions that it did not before."""
    before = set(mentions(*newsletter_at(root / "before", {})))
    return set(mentions(*newsletter_at(root / "after", changes))) - before


# Which addresses, and where


def test_every_address_of_a_front_matter_is_found_where_it_is_written(tmp_path: Path) -> None:
    assert mentions(*newsletter_at(tmp_path, {})) == [
        Mention("https://school.org/course", "site/courses/b.md", 6, 11, DAY),
        Mention("https://arxiv.org/abs/2104.14290", "site/papers/a.md", 8, 10, DAY),
        Mention("https://code.org/project", "site/projects/c.md", 4, 13, DAY),
        Mention("https://project.org/", "site/projects/c.md", 8, 12, DAY),
    ]


def test_a_link_with_a_note_is_found_at_its_address(tmp_path: Path) -> None:
    changed = replaced(COURSE, " https://school.org/course", "\n    url: https://b.org/\n    note: since 2021")
    found = mentioned(tmp_path, {"site/courses/b.md": changed})
    assert found == {Mention("https://b.org/", "site/courses/b.md", 7, 10, DAY)}


def test_a_figures_source_and_caption_are_found(tmp_path: Path) -> None:
    paper = replaced(PAPER, "source: own", "source: https://b.org/picture")
    paper = replaced(paper, "caption: A shape.", "caption: A [shape](https://b.org/shape).")
    assert mentioned(tmp_path, {"site/papers/a.md": paper}) == {
        Mention("https://b.org/picture", "site/papers/a.md", 16, 13, DAY),
        Mention("https://b.org/shape", "site/papers/a.md", 14, 14, DAY),
    }


def test_authors_are_found_without_a_date(tmp_path: Path) -> None:
    authors = replaced(AUTHORS, "We write.", "We [write](https://b.org/we).") + "  url: https://b.org/us\n"
    assert mentioned(tmp_path, {"site/authors.yml": authors}) == {
        Mention("https://b.org/we", "site/authors.yml", 4, 10, None),
        Mention("https://b.org/us", "site/authors.yml", 5, 8, None),
    }


def test_an_issues_credit_greeting_and_closing_are_found_with_its_date(tmp_path: Path) -> None:
    issue = replaced(ISSUE, "status: published", "status: published\ncredit: After [them](https://b.org/them).")
    issue = replaced(issue, "Hello.", "Hello, <https://b.org/hello>.")
    issue = replaced(issue, "Goodbye.", "Good [bye](https://b.org/bye).").replace("2021-05-14", "2021-05-21")
    assert mentioned(tmp_path, {"site/issues/2021-05-14.md": None, "site/issues/2021-05-21.md": issue}) == {
        Mention("https://b.org/them", "site/issues/2021-05-21.md", 11, 9, date(2021, 5, 21)),
        Mention("https://b.org/hello", "site/issues/2021-05-21.md", 13, 9, date(2021, 5, 21)),
        Mention("https://b.org/bye", "site/issues/2021-05-21.md", 17, 12, date(2021, 5, 21)),
    }


def test_prose_of_entries_and_pages_is_found(tmp_path: Path) -> None:
    project_file = replaced(PROJECT, "It is.", "It is [here](https://b.org/a) and [there](https://b.org/b).")
    page = replaced(PAGE, "We are.", "We are [us](https://b.org/us).")
    assert mentioned(tmp_path, {"site/projects/c.md": project_file, "site/about.md": page}) == {
        Mention("https://b.org/a", "site/projects/c.md", 14, 14, DAY),
        Mention("https://b.org/b", "site/projects/c.md", 14, 43, DAY),
        Mention("https://b.org/us", "site/about.md", 7, 13, None),
    }


@pytest.mark.parametrize(
    "link",
    [
        "courses/b.md",
        "#us",
        "mailto:us@b.org",
        "http://b.org/",
        "https://127.0.0.1/",
        "https://me:secret@b.org/",
        "https://letter.example",
        "https://letter.example/papers/a/",
    ],
)
def test_what_leads_inside_or_may_not_be_written_is_not_asked(tmp_path: Path, link: str) -> None:
    page = replaced(PAGE, "We are.", f"We are [us]({link}).")
    assert mentioned(tmp_path, {"site/about.md": page}) == set()


def test_a_host_whose_name_begins_like_the_newsletters_is_outside(tmp_path: Path) -> None:
    page = replaced(PAGE, "We are.", "We are [us](https://letter.example.org/).")
    assert len(mentioned(tmp_path, {"site/about.md": page})) == 1


def test_prose_that_nests_too_deep_is_passed_over(tmp_path: Path, too_deep: str) -> None:
    body = with_body(PAGE, f"[us](https://b.org/)\n\n{too_deep}")
    assert mentioned(tmp_path, {"site/about.md": body}) == set()


# What is said


def said(finding: Finding, url: str = "https://a.test/x#part", day: date | None = DAY) -> Report:
    mention = Mention(url, "site/papers/a.md", 3, 4, day)
    return report([mention, mention], {mention.address: finding})


def problem(what: str, mend: str, url: str = "https://a.test/x#part") -> Problem:
    return Problem("site/papers/a.md", 3, 4, f"'{url}' {what}", mend)


def test_of_a_link_that_is_fine_nothing_is_said() -> None:
    assert said(Finding(Verdict.FINE)) == Report([], [])


def test_of_a_dead_link_its_copy_of_that_day_is_named() -> None:
    mend = "write https://web.archive.org/web/20210514/https://a.test/x#part if that shows it, or remove the link"
    assert said(Finding(Verdict.DEAD, "why")) == Report([problem("is dead: why", mend)], [])


def test_of_a_dead_link_without_a_day_its_newest_copy_is_named() -> None:
    mend = "write https://web.archive.org/web/https://a.test/x#part if that shows it, or remove the link"
    assert said(Finding(Verdict.DEAD, "why"), day=None) == Report([problem("is dead: why", mend)], [])


def test_of_a_link_that_moved_its_new_address_is_named_with_the_old_ones_fragment() -> None:
    made = said(Finding(Verdict.MOVED, moved_to="https://b.test/y"))
    assert made == Report([problem("has moved for good", "write https://b.test/y#part")], [])


def test_a_new_address_keeps_a_fragment_of_its_own() -> None:
    made = said(Finding(Verdict.MOVED, moved_to="https://b.test/y#other"))
    assert made == Report([problem("has moved for good", "write https://b.test/y#other")], [])


def test_a_link_without_a_fragment_gets_none() -> None:
    made = said(Finding(Verdict.MOVED, moved_to="https://b.test/y"), "https://a.test/x")
    assert made == Report([problem("has moved for good", "write https://b.test/y", "https://a.test/x")], [])


def test_what_cannot_be_told_is_a_warning() -> None:
    made = said(Finding(Verdict.UNCLEAR, "why"))
    assert made == Report([], [problem("cannot be told: why", "look at it in a browser")])


def test_what_is_said_stands_in_the_order_of_the_places() -> None:
    later, earlier = (Mention("https://a.test/", path, 1, 1) for path in ("site/b.md", "site/a.md"))
    for verdict in (Verdict.DEAD, Verdict.UNCLEAR):
        made = report([later, earlier], {"https://a.test/": Finding(verdict)})
        assert [found.path for found in [*made.problems, *made.warnings]] == ["site/a.md", "site/b.md"]


# All together, against hosts that are there


def letter(root: Path, hosts: Hosts, *paths: str) -> tuple[Library, Newsletter]:
    """A newsletter whose only outside links are those to some paths of the hosts, each on a line of about.md."""
    prose = "\n".join(f"[{number}]({hosts.url(path)})" for number, path in enumerate(paths))
    changes: dict[str, str | bytes | None] = dict.fromkeys(("site/papers/a.md", "site/courses/b.md"))
    changes |= {"site/projects/c.md": None, "site/about.md": with_body(PAGE, prose)}
    return newsletter_at(root, changes)


def test_a_letter_is_asked_whole(tls_hosts: Hosts, tmp_path: Path) -> None:
    url = tls_hosts.url
    pages: dict[str, Behaviour] = {
        "/fine": by_method(HEAD=answer(405), GET=OK),
        "/old": answer(301, Location="/new"),
        "/new": OK,
        "/for-now": answer(302, Location="/new"),
        "/gone": answer(404),
        "/shy": answer(403),
        "/in": answer(302, Location="https://127.0.0.1/"),
        "/weak": one_after_the_other(answer(500), answer(200)),
    }
    tls_hosts.pages |= pages
    steps: list[str] = []
    library, newsletter = letter(tmp_path, tls_hosts, *pages)
    made = check_links(tmp_path, library, newsletter, steps.append, tls_hosts.client(resolve=_lookup))
    archive = "https://web.archive.org/web"
    assert [str(found) for found in made.problems] == [
        f"site/about.md:6:5: '{url('/old')}' has moved for good; write {url('/new')}",
        f"site/about.md:9:5: '{url('/gone')}' is dead: a.test answers 404 (not found); "
        f"write {archive}/{url('/gone')} if that shows it, or remove the link",
        f"site/about.md:11:5: '{url('/in')}' is dead: 127.0.0.1 is 127.0.0.1, which is no public address; "
        f"write {archive}/{url('/in')} if that shows it, or remove the link",
    ]
    assert [str(found) for found in made.warnings] == [
        f"site/about.md:10:5: '{url('/shy')}' cannot be told: a.test answers 403 (forbidden); look at it in a browser"
    ]
    assert steps == [f"asking outside links, {number} of 8" for number in range(1, 9)]


def _lookup(host: str, port: int) -> list[str]:  # noqa: ARG001
    return ["127.0.0.1"]


def test_an_address_that_is_written_twice_is_asked_once(tls_hosts: Hosts, tmp_path: Path) -> None:
    library, newsletter = letter(tmp_path, tls_hosts, "/gone#a", "/gone#b", "/gone")
    made = check_links(tmp_path, library, newsletter, client=tls_hosts.client())
    assert [found.line for found in made.problems] == [5, 6, 7]
    assert tls_hosts.asked() == ["HEAD a.test/gone", "GET a.test/gone"]


def test_for_a_week_only_the_dead_are_asked_again(tls_hosts: Hosts, tmp_path: Path) -> None:
    tls_hosts.pages |= {"/fine": OK, "/shy": answer(403), "/old": answer(301, Location="/fine")}
    library, newsletter = letter(tmp_path, tls_hosts, "/fine", "/shy", "/old", "/gone")

    def check(**later: float) -> tuple[Report, set[str]]:
        tls_hosts.log.clear()
        made = check_links(
            tmp_path, library, newsletter, client=tls_hosts.client(), now=lambda: BEGIN + timedelta(**later)
        )
        return made, {request.path for request in tls_hosts.log}

    first, asked = check()
    assert asked == {"/fine", "/shy", "/old", "/gone"}
    assert (len(first.problems), len(first.warnings)) == (2, 1)
    assert check(days=7) == (first, {"/gone"})
    assert check(days=7, seconds=1) == (first, asked)
    (tmp_path / ".digest" / "links.sqlite").unlink()
    assert check(days=7, seconds=2) == (first, asked)


def test_what_was_learnt_before_an_interruption_is_kept(tls_hosts: Hosts, tmp_path: Path) -> None:
    tls_hosts.pages |= {"/1": OK, "/2": OK}
    library, newsletter = letter(tmp_path, tls_hosts, "/1", "/2")

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_links(tmp_path, library, newsletter, interrupt, tls_hosts.client())
    tls_hosts.log.clear()
    assert check_links(tmp_path, library, newsletter, client=tls_hosts.client()) == Report([], [])
    assert set(tls_hosts.asked()) == {"HEAD a.test/2"}


def test_a_letter_without_outside_links_asks_nobody(tls_hosts: Hosts, tmp_path: Path) -> None:
    library, newsletter = letter(tmp_path, tls_hosts)
    assert check_links(tmp_path, library, newsletter) == Report([], [])


# Without a network


def away(tmp_path: Path, hosts: Hosts, *known: str, paths: tuple[str, ...] = ("/x",)) -> list[str]:
    """The faults that are reported where only `known` names can be resolved."""
    library, newsletter = letter(tmp_path, hosts, *paths)

    def resolve(host: str, port: int) -> list[str]:  # noqa: ARG001
        if host in known:
            return ["127.0.0.1"]
        raise OSError

    client = hosts.client(resolve=resolve)
    return [found.what for found in check_links(tmp_path, library, newsletter, client=client).problems]


def test_where_nobody_can_be_found_there_is_no_network(tls_hosts: Hosts, tmp_path: Path) -> None:
    with pytest.raises(WorldError) as caught:
        away(tmp_path, tls_hosts)
    assert str(caught.value) == "no host can be reached: there is no network"


def test_one_host_that_is_away_is_no_network_that_is_away(tls_hosts: Hosts, tmp_path: Path) -> None:
    [what] = away(tmp_path, tls_hosts, "example.com")
    assert what == f"'{tls_hosts.url('/x')}' is dead: there is no host 'a.test'"


def test_who_answers_shows_that_there_is_a_network(tls_hosts: Hosts, tmp_path: Path) -> None:
    page = PAGE + f"\n[1]({tls_hosts.url('/x', 'away.test')}) [2]({tls_hosts.url('/y')})\n"
    library, newsletter = letter(tmp_path, tls_hosts)
    (tmp_path / "site/about.md").write_text(page, encoding="utf-8")
    library, _, _ = read(tmp_path)
    made = check_links(tmp_path, library, newsletter, client=tls_hosts.client())
    assert [found.what.partition(": ")[2] for found in made.problems] == [
        "there is no host 'away.test'",
        "a.test answers 404 (not found)",
    ]


def test_where_there_is_no_way_out_no_name_need_be_resolved(
    tls_hosts: Hosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Finding(Verdict.DEAD, "there is no way to a.test", fault=Fault.NETWORK, of_host="a.test")
    monkeypatch.setattr("digest.curate.links.ask_all", lambda _, addresses: ((address, lost) for address in addresses))
    with pytest.raises(WorldError, match="there is no network"):
        away(tmp_path, tls_hosts, "example.com")
