import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from editions import FILES, small_edition
from hypothesis import given
from hypothesis import strategies as st

from digest.library.models import AnyEntry
from digest.publish.edition import Edition
from digest.publish.metadata import entry, home, issue, listing, script_safe

SITE = "https://news.example.org/ml/"
THING = {"@type", "@id", "name", "url", "description", "sameAs", "image", "mainEntityOfPage"}
WORK = THING | {
    *(
        "author",
        "dateModified",
        "datePublished",
        "hasPart",
        "headline",
        "inLanguage",
        "isPartOf",
        "keywords",
        "license",
    ),
    *("mainEntity", "publisher", "provider"),
}
PROPERTIES = {
    "WebSite": ({"name", "url"}, WORK),
    "WebPage": ({"name", "url"}, WORK | {"primaryImageOfPage"}),
    "CollectionPage": ({"name", "url"}, WORK),
    "Periodical": ({"name", "url"}, WORK),
    "PublicationIssue": ({"name", "url"}, WORK | {"issueNumber"}),
    "ScholarlyArticle": ({"headline", "author", "datePublished"}, WORK),
    "CreativeWork": ({"name"}, WORK),
    "Course": ({"name", "description", "provider"}, WORK | {"educationalLevel", "hasCourseInstance"}),
    "CourseInstance": ({"instructor"}, THING | {"instructor"}),
    "SoftwareSourceCode": ({"name", "codeRepository"}, WORK | {"codeRepository", "programmingLanguage"}),
    "Organization": ({"name"}, THING | {"email"}),
    "Person": ({"name"}, THING),
    "ImageObject": ({"url"}, THING),
    "BreadcrumbList": ({"itemListElement"}, THING | {"itemListElement"}),
    "ItemList": ({"itemListElement", "numberOfItems"}, THING | {"itemListElement", "numberOfItems"}),
    "ListItem": ({"position", "name"}, THING | {"position", "item"}),
}
"""What each type of schema.org that we use must have for its readers, and what it may have at all."""


def nodes(value: object) -> Iterator[dict[str, object]]:
    """Every typed node of some JSON-LD, however deep."""
    if isinstance(value, list):
        for part in value:
            yield from nodes(part)
    elif isinstance(value, dict):
        if "@type" in value:
            yield value
        for part in value.values():
            yield from nodes(part)


def check(text: str) -> list[dict[str, object]]:
    """The graph of some JSON-LD, once every node in it keeps to its type."""
    data = json.loads(text)
    assert list(data) == ["@context", "@graph"]
    assert data["@context"] == "https://schema.org"
    for node in nodes(data["@graph"]):
        required, allowed = PROPERTIES[str(node["@type"])]
        assert required <= node.keys()
        assert node.keys() <= allowed
        assert all(value not in (None, "", [], {}) for value in node.values())
    return data["@graph"]


def of(edition: Edition, name: str) -> AnyEntry:
    return edition.library.entries[name]


def test_every_page_keeps_to_the_types_of_schema_org(edition: Edition):
    for item in edition.issues:
        check(issue(edition, item))
    for item in edition.entries():
        check(entry(edition, item))
    check(home(edition))
    for address in (
        "papers/",
        "tags/",
        "tags/vision/",
        "archive/",
        "archive/2021/",
        "authors/",
        "authors/ada/",
        "about/",
    ):
        check(listing(edition, address, "Title", "What it is."))


def test_the_pages_are_described_whole(edition: Edition, golden):
    def pretty(text: str) -> str:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"

    golden("home.jsonld", pretty(home(edition)))
    golden("issue.jsonld", pretty(issue(edition, edition.issues[-1])))
    for name in ("papers/dino", "courses/mlops", "projects/opyrator"):
        golden(f"{name.rpartition('/')[2]}.jsonld", pretty(entry(edition, of(edition, name))))
    golden("papers.jsonld", pretty(listing(edition, "papers/", "Papers", "Every paper.")))


def test_an_issue_says_what_it_is_part_of_and_what_it_holds(edition: Edition):
    node, trail = check(issue(edition, edition.issues[-1]))
    assert (node["@type"], node["issueNumber"], node["url"]) == ("PublicationIssue", 1, f"{SITE}issues/2021-05-14/")
    assert (node["datePublished"], node["dateModified"]) == ("2021-05-14", "2021-06-01")
    assert node["author"] == {
        "@type": "Person",
        "name": "Philips Kokoh Prasetyo",
        "url": f"{SITE}authors/philips/",
        "sameAs": "https://example.org/philips",
    }
    assert [part["url"] for part in nodes(node["hasPart"])] == [
        f"{SITE}papers/dino/",
        f"{SITE}courses/mlops/",
        f"{SITE}projects/opyrator/",
    ]
    assert node["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert [step["item"] for step in nodes(trail["itemListElement"])] == [
        SITE,
        f"{SITE}archive/",
        f"{SITE}issues/2021-05-14/",
    ]


def test_an_author_without_a_page_elsewhere_has_only_ours(edition: Edition):
    node, _ = check(issue(edition, edition.issues[0]))
    assert node["author"] == {"@type": "Person", "name": "Ada", "url": f"{SITE}authors/guest/"}


def test_an_issue_by_no_known_author_is_by_the_newsletter(edition: Edition):
    nobody = edition.issues[0].model_copy(update={"author": "nobody"})
    assert check(issue(edition, nobody))[0]["author"] == {"@id": f"{SITE}#newsletter"}


def test_a_paper_is_described_apart_from_our_page_about_it(edition: Edition):
    page, trail = check(entry(edition, of(edition, "papers/dino")))
    assert (page["@type"], page["dateModified"], page["keywords"]) == (
        "WebPage",
        "2021-05-20",
        ["vision", "self-supervision"],
    )
    paper = page["mainEntity"]
    assert isinstance(paper, dict)
    assert (paper["@type"], paper["datePublished"]) == ("ScholarlyArticle", "2021-04-29")
    assert paper["sameAs"] == ["https://arxiv.org/abs/2104.14294", "https://doi.org/10.1109/ICCV48922.2021.00951"]
    assert paper["isPartOf"] == {"@type": "CreativeWork", "name": "ICCV 2021"}
    assert len(paper["author"]) == 5
    assert [step["name"] for step in nodes(trail["itemListElement"])][:2] == ["This Week in Machine Learning", "Papers"]


def test_what_is_not_known_of_a_paper_or_course_is_not_said(edition: Edition):
    paper = of(edition, "papers/vit").model_copy(update={"arxiv": None, "venue": None, "authors": ("The Qwen Team",)})
    described = check(entry(edition, paper))[0]["mainEntity"]
    assert isinstance(described, dict)
    assert described.keys() == {"@type", "name", "headline", "author", "datePublished", "url"}
    assert described["author"] == [{"@type": "Organization", "name": "The Qwen Team"}]
    course = of(edition, "courses/mlops").model_copy(update={"level": None, "instructors": ()})
    described = check(entry(edition, course))[0]["mainEntity"]
    assert isinstance(described, dict)
    assert described.keys() == {"@type", "name", "description", "provider", "url"}


def test_a_course_and_a_project_are_described(edition: Edition):
    course = check(entry(edition, of(edition, "courses/mlops")))[0]["mainEntity"]
    assert isinstance(course, dict)
    assert course["provider"] == {"@type": "Organization", "name": "Coursera"}
    assert (course["educationalLevel"], course["url"]) == ("Advanced", "https://www.coursera.org/mlops")
    assert [node["name"] for node in nodes(course["hasCourseInstance"]) if "name" in node] == [
        "Andrew Ng",
        "Robert Crowe",
    ]
    project = check(entry(edition, of(edition, "projects/opyrator")))[0]["mainEntity"]
    assert isinstance(project, dict)
    assert (project["codeRepository"], project["programmingLanguage"]) == (
        "https://github.com/ml-tooling/opyrator",
        "Python",
    )
    assert project["license"] == "https://spdx.org/licenses/MIT.html"


def test_a_choice_of_licences_is_given_as_it_is(edition: Edition):
    project = of(edition, "projects/opyrator").model_copy(update={"license": "MIT OR Apache-2.0"})
    described = check(entry(edition, project))[0]["mainEntity"]
    assert isinstance(described, dict)
    assert described["license"] == "MIT OR Apache-2.0"


def test_home_is_the_site_the_periodical_and_who_publishes_it(edition: Edition, tmp_path: Path):
    site, periodical, publisher = check(home(edition))
    assert (site["@type"], periodical["@type"], publisher["@type"]) == ("WebSite", "Periodical", "Organization")
    assert site["publisher"] == {"@id": publisher["@id"]}
    assert publisher["email"] == "desk@example.org"
    silent = small_edition(tmp_path, {"mkdocs.yml": FILES["mkdocs.yml"].replace("    contact: desk@example.org\n", "")})
    assert "email" not in check(home(silent))[2]


def listed(edition: Edition, address: str) -> list[object]:
    page = check(listing(edition, address, "Title", "What it is."))[0]
    assert page["@type"] == ("CollectionPage" if "mainEntity" in page else "WebPage")
    return [node["url"] for node in nodes(page.get("mainEntity", [])) if node["@type"] == "ListItem"]


def test_an_index_lists_what_its_page_lists(edition: Edition):
    issues = [f"{SITE}issues/2021-05-21/", f"{SITE}issues/2021-05-14/"]
    papers = [f"{SITE}papers/vit/", f"{SITE}papers/dino/"]
    assert listed(edition, "papers/") == papers
    assert listed(edition, "tags/vision/") == papers
    assert listed(edition, "tags/none/") == []
    assert listed(edition, "tags/") == []
    assert listed(edition, "archive/") == issues
    assert listed(edition, "archive/2021/") == issues
    assert listed(edition, "archive/2022/") == []
    assert listed(edition, "authors/") == []
    assert listed(edition, "authors/guest/") == issues[:1]
    assert listed(edition, "about/") == []


def test_a_long_list_names_its_first_thirty_and_says_how_many_there_are(edition: Edition):
    many = tuple(edition.issues[0].model_copy(update={"id": f"issues/{number}"}) for number in range(40))
    library = edition.library.__class__(issues=many)
    node = check(listing(Edition(library, edition.newsletter, edition.templates), "archive/", "A", "B"))[0][
        "mainEntity"
    ]
    assert isinstance(node, dict)
    assert (node["numberOfItems"], len(node["itemListElement"])) == (40, 30)
    assert node["itemListElement"][29]["position"] == 30


def test_the_index_above_a_page_is_called_as_its_own_page_is(edition: Edition):
    for address, name in (("tags/vision/", "Tags"), ("archive/2021/", "Archive"), ("authors/guest/", "Authors")):
        trail = check(listing(edition, address, "T", "D"))[1]["itemListElement"]
        assert [step["name"] for step in nodes(trail)] == ["This Week in Machine Learning", name, "T"]


def steps(edition: Edition, address: str) -> list[object]:
    return [step["item"] for step in nodes(check(listing(edition, address, "T", "D"))[1]["itemListElement"])]


def test_breadcrumbs_lead_from_home_over_the_index_to_the_page(edition: Edition):
    assert steps(edition, "papers/") == [SITE, f"{SITE}papers/"]
    assert steps(edition, "tags/") == [SITE, f"{SITE}tags/"]
    assert steps(edition, "tags/vision/") == [SITE, f"{SITE}tags/", f"{SITE}tags/vision/"]
    assert steps(edition, "archive/2021/") == [SITE, f"{SITE}archive/", f"{SITE}archive/2021/"]
    assert steps(edition, "authors/guest/") == [SITE, f"{SITE}authors/", f"{SITE}authors/guest/"]
    assert steps(edition, "about/") == [SITE, f"{SITE}about/"]


def test_json_cannot_end_its_script_element():
    text = script_safe({"a": "</script><!-- \u2028\u2029 é"})
    assert text == '{"a": "<\\/script>\\u003c!-- \\u2028\\u2029 é"}'


def test_a_number_that_json_does_not_have_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_safe({"a": float("nan")})


@given(st.dictionaries(st.text(), st.text() | st.sampled_from(["</script>", "<!--", "</", "<\u2028"])))
def test_json_means_the_same_once_it_is_safe(data: dict[str, str]):
    text = script_safe(data)
    assert json.loads(text) == data
    assert not any(part in text for part in ("</", "<!--", "\u2028", "\u2029"))
