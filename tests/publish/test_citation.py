import json
import re
from datetime import date

import jsonschema
import pytest
from editions import of_each
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.library.models import Author, Course, Issue, Link, Paper, Project
from digest.library.newsletter import Newsletter
from digest.publish.citation import bibtex, citations, csl, csl_item, key, latex, source_url
from digest.publish.edition import Edition

NEWSLETTER = Newsletter.model_validate(
    {
        "site_name": "The Week",
        "site_url": "https://week.example/",
        "site_description": "A digest.",
        "digest": {"tagline": "Weekly.", "repository": "https://github.com/week/week", "since": 2021},
    }
)
FILE = {"path": "x.md", "body": "", "body_line": 1, "takeaway": "So it is.", "tags": ("a",), "added": date(2021, 5, 14)}
TEXT = {"type": "string"}
DATE = {
    "type": "object",
    "properties": {
        "date-parts": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "integer"}},
        }
    },
    "required": ["date-parts"],
    "additionalProperties": False,
}
NAME = {
    "type": "object",
    "properties": dict.fromkeys(("family", "given", "non-dropping-particle", "suffix", "literal"), TEXT),
    "anyOf": [{"required": ["family", "given"]}, {"required": ["literal"]}],
    "additionalProperties": False,
}
CSL_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "type": {
                "enum": ["article", "article-journal", "article-magazine", "paper-conference", "software", "webpage"]
            },
            "id": {"type": "string", "minLength": 1},
            "author": {"type": "array", "items": NAME, "minItems": 1},
            "issued": DATE,
            **dict.fromkeys(("container-title", "DOI", "issue", "language", "number", "publisher"), TEXT),
            "title": TEXT,
            "URL": TEXT,
        },
        "required": ["type", "id", "title", "author", "URL"],
        "additionalProperties": False,
    },
}
"""What csl-data.json (1.0.2) says of the variables that we use."""


def paper(**fields: object) -> Paper:
    given_fields = {
        "id": "papers/dino",
        "title": "Emerging Properties",
        "authors": ("Mathilde Caron",),
        "published": date(2021, 4, 29),
        "links": {"paper": "https://arxiv.org/abs/2104.14294"},
    }
    return Paper.model_validate(FILE | given_fields | fields)


def course(**fields: object) -> Course:
    given_fields = {
        "id": "courses/mlops",
        "title": "MLOps",
        "provider": "Coursera",
        "links": {"course": "https://example.org/mlops"},
    }
    return Course.model_validate(FILE | given_fields | fields)


def project(**fields: object) -> Project:
    given_fields = {
        "id": "projects/opyrator",
        "title": "Opyrator",
        "repository": "https://github.com/ml-tooling/opyrator",
        "license": "MIT",
        "language": "Python",
        "links": {"website": "https://opyrator.example.com/"},
    }
    return Project.model_validate(FILE | given_fields | fields)


def issue(**fields: object) -> Issue:
    given_fields = {
        "id": "issues/2021-05-14",
        "number": 1,
        "date": date(2021, 5, 14),
        "title": "A start",
        "author": "ada",
        "entries": ("papers/dino",),
    }
    return Issue.model_validate({k: FILE[k] for k in ("path", "body", "body_line", "takeaway")} | given_fields | fields)


def field(text: str, name: str) -> str:
    found = re.search(rf"^  {name} = (.*),$", text, re.MULTILINE)
    assert found, f"there is no {name} in {text}"
    return found[1]


def test_a_conference_paper_is_cited_whole(edition: Edition, golden):
    files = of_each(edition, citations)
    golden("dino.bib", files["papers/dino/cite.bib"])
    golden("dino.cite.json", files["papers/dino/cite.json"])


def test_a_course_a_project_and_an_issue_are_cited_whole(edition: Edition, golden):
    files = of_each(edition, citations)
    golden("mlops.bib", files["courses/mlops/cite.bib"])
    golden("opyrator.bib", files["projects/opyrator/cite.bib"])
    golden("issue.bib", files["issues/2021-05-14/cite.bib"])
    golden("mlops.cite.json", files["courses/mlops/cite.json"])
    golden("opyrator.cite.json", files["projects/opyrator/cite.json"])
    golden("issue.cite.json", files["issues/2021-05-14/cite.json"])


def test_every_issue_and_entry_has_its_citations_beside_it(edition: Edition):
    names = [
        "issues/2021-05-14",
        "issues/2021-05-21",
        "papers/dino",
        "papers/vit",
        "courses/mlops",
        "projects/opyrator",
    ]
    wanted = {f"{name}/{file}" for name in names for file in ("cite.bib", "cite.json")}
    assert of_each(edition, citations).keys() == wanted


def test_every_citation_is_valid_csl(edition: Edition):
    for address, data in of_each(edition, citations).items():
        if address.endswith(".json"):
            jsonschema.validate(json.loads(data), CSL_SCHEMA)
            assert data.endswith(b"\n]\n")


@pytest.mark.parametrize(
    ("venue", "kind", "name", "csl_type"),
    [
        ("ICCV 2021", "inproceedings", "booktitle", "paper-conference"),
        ("Conference on Computer Science and Nature", "inproceedings", "booktitle", "paper-conference"),
        ("Journal of Machine Learning Research", "article", "journal", "article-journal"),
        ("Nature Methods", "article", "journal", "article-journal"),
        ("TMLR", "article", "journal", "article-journal"),
        ("bioRxiv", "article", "journal", "article"),
    ],
)
def test_the_venue_decides_what_kind_of_publication_a_paper_is(venue: str, kind: str, name: str, csl_type: str):
    item = paper(venue=venue)
    text = bibtex(item, NEWSLETTER)
    assert text.startswith(f"@{kind}{{caron2021dino,\n")
    assert venue in field(text, name).replace("{", "").replace("}", "")
    assert csl_item(item, NEWSLETTER).type == csl_type


def test_a_paper_on_arxiv_alone_is_an_article_there():
    item = paper(arxiv="2104.14294")
    text = bibtex(item, NEWSLETTER)
    assert text.startswith("@article{caron2021dino,")
    assert field(text, "journal") == "{{arXiv} preprint {arXiv:2104.14294}}"
    assert (field(text, "eprint"), field(text, "archivePrefix")) == ("{2104.14294}", "{arXiv}")
    assert (field(text, "year"), field(text, "month")) == ("{2021}", "apr")
    found = csl_item(item, NEWSLETTER)
    assert (found.type, found.publisher, found.number) == ("article", "arXiv", "arXiv:2104.14294")
    assert (found.container_title, found.issued and found.issued.parts) == (None, ((2021, 4, 29),))


def test_a_paper_that_appeared_nowhere_known_is_only_a_work():
    text = bibtex(paper(), NEWSLETTER)
    assert text.startswith("@misc{caron2021dino,")
    assert "journal" not in text
    assert "eprint" not in text
    assert csl_item(paper(), NEWSLETTER).publisher is None


def test_the_year_is_that_of_the_venue_where_it_names_one():
    item = paper(venue="ICLR 2022")
    text = bibtex(item, NEWSLETTER)
    assert (key(item, NEWSLETTER), field(text, "year")) == ("caron2022dino", "{2022}")
    assert "month" not in text
    issued = csl_item(item, NEWSLETTER).issued
    assert issued
    assert issued.parts == ((2022,),)
    assert field(bibtex(paper(venue="Workshop 3000"), NEWSLETTER), "year") == "{2021}"


def test_a_doi_is_given_as_it_is():
    text = bibtex(paper(venue="ICCV 2021", doi="10.1109/ICCV_2021.{9}\\_"), NEWSLETTER)
    assert field(text, "doi") == "{10.1109/ICCV_2021.%7B9%7D%5C_}"
    assert csl_item(paper(doi="10.1109/x"), NEWSLETTER).doi == "10.1109/x"


def test_names_are_turned_around_with_their_particles_and_suffixes():
    names = ("Laurens van der Maaten", "Martin Luther King Jr.", "The Qwen Team", "Plato", "Sand and Sea")
    text = bibtex(paper(authors=names), NEWSLETTER)
    wanted = (
        "{van der Maaten, Laurens and King, Jr., Martin Luther and {The Qwen Team} and {Plato} and {and} Sea, Sand}"
    )
    assert field(text, "author") == wanted
    people = [
        name.model_dump(by_alias=True, exclude_none=True) for name in csl_item(paper(authors=names), NEWSLETTER).author
    ]
    assert people == [
        {"family": "Maaten", "given": "Laurens", "non-dropping-particle": "van der"},
        {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
        {"literal": "The Qwen Team"},
        {"literal": "Plato"},
        {"family": "Sea", "given": "Sand", "non-dropping-particle": "and"},
    ]


def test_the_key_is_made_of_plain_letters():
    assert key(paper(authors=("Łukasz Kaiser-Müßig",)), NEWSLETTER) == "kaisermussig2021dino"
    assert key(paper(authors=("Inés Bjørk",)), NEWSLETTER) == "bjork2021dino"
    assert key(paper(authors=("Jan Michałowski",)), NEWSLETTER) == "michalowski2021dino"
    assert key(paper(authors=("Ada Großmann",)), NEWSLETTER) == "grossmann2021dino"
    assert key(paper(authors=("何恺明",)), NEWSLETTER) == "paper2021dino"
    assert key(paper(id="papers/masked-autoencoders"), NEWSLETTER) == "caron2021maskedautoencoders"
    assert key(course(), NEWSLETTER) == "courseramlops"
    assert key(course(instructors=("Andrew Ng",)), NEWSLETTER) == "ngmlops"
    assert key(project(), NEWSLETTER) == "mltoolingopyrator"
    assert key(issue(number=12), NEWSLETTER) == "theweek2021no12"


def test_an_issue_is_cited_under_its_author_or_the_newsletter():
    ada = Author(id="ada", name="Ada Lovelace", role="Editor", about="Writes.")
    assert field(bibtex(issue(), NEWSLETTER, ada), "author") == "{Lovelace, Ada}"
    text = bibtex(issue(), NEWSLETTER)
    assert text == (
        "@misc{theweek2021no1,\n"
        "  author = {{The Week}},\n"
        "  title = {A start},\n"
        "  howpublished = {The Week, No.~1},\n"
        "  number = {1},\n"
        "  year = {2021},\n"
        "  month = may,\n"
        "  day = {14},\n"
        "  url = {https://week.example/issues/2021-05-14/},\n"
        "}\n"
    )


def test_a_project_is_cited_under_the_owner_of_its_repository():
    assert field(bibtex(project(), NEWSLETTER), "author") == "{{ml-tooling}}"
    deep = project(repository="https://gitlab.example.org/group/team/tool")
    assert field(bibtex(deep, NEWSLETTER), "author") == "{{group}}"
    bare = project(repository="https://git.example.org")
    assert field(bibtex(bare, NEWSLETTER), "author") == "{{git.example.org}}"
    assert field(bibtex(project(), NEWSLETTER), "howpublished") == "{Software, MIT}"


def test_the_address_is_that_of_the_thing_itself():
    blog = {"blog": Link(url="https://example.org/post")}
    assert source_url(paper(), NEWSLETTER) == "https://arxiv.org/abs/2104.14294"
    assert source_url(paper(links=blog, arxiv="2010.11929", doi="10.1109/x"), NEWSLETTER) == (
        "https://arxiv.org/abs/2010.11929"
    )
    assert source_url(paper(links=blog, doi="10.1109/x"), NEWSLETTER) == "https://doi.org/10.1109/x"
    assert source_url(paper(links=blog), NEWSLETTER) == "https://example.org/post"
    elsewhere = {"blog": Link(url="https://example.org/post"), "paper": Link(url="https://openreview.net/forum?id=x")}
    assert source_url(paper(links=elsewhere, arxiv="2010.11929"), NEWSLETTER) == "https://openreview.net/forum?id=x"
    both = blog | {"course": Link(url="https://example.org/mlops")}
    assert source_url(course(links=both), NEWSLETTER) == "https://example.org/mlops"
    assert source_url(course(), NEWSLETTER) == "https://example.org/mlops"
    assert source_url(course(links=blog), NEWSLETTER) == "https://example.org/post"
    assert source_url(project(), NEWSLETTER) == "https://github.com/ml-tooling/opyrator"
    github = {"github": Link(url="https://github.com/other/fork")}
    assert source_url(project(links=github), NEWSLETTER) == "https://github.com/other/fork"
    assert source_url(issue(), NEWSLETTER) == "https://week.example/issues/2021-05-14/"


def test_only_capitals_inside_a_word_are_protected():
    text = bibtex(paper(title="DINO: Learning from ImageNet with k-NN & a 16x16 Grid"), NEWSLETTER)
    assert field(text, "title") == r"{{DINO:} Learning from {ImageNet} with {k-NN} \& a 16x16 Grid}"


def test_what_latex_would_read_as_its_own_is_escaped():
    assert latex(r"50% & $x_1$ #2 {a} ~b ^c \d é") == (
        r"50\% \& \$x\_1\$ \#2 \textbraceleft{}a\textbraceright{} \textasciitilde{}b \textasciicircum{}c "
        r"\textbackslash{}d é"
    )
    assert latex("two\nlines\tand\x00nothing\u2028more") == "two lines and nothing more"


def is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0


WORDS = st.text(min_size=1).filter(lambda text: text.strip())


@given(title=WORDS, author=WORDS, venue=st.none() | WORDS)
@settings(deadline=None)
def test_the_braces_of_bibtex_balance_whatever_the_words_are(title: str, author: str, venue: str | None):
    words = {"title": title, "authors": (author, "Ada Lovelace"), "venue": venue}
    text = bibtex(paper().model_copy(update=words), NEWSLETTER)
    assert is_balanced(text)
    assert all(is_balanced(line) for line in text.split("\n")[1:-2])
    assert re.fullmatch(r"@(article|inproceedings|misc)\{[a-z0-9]+,", text.split("\n", 1)[0])
    assert re.search(r"(?<!\\)[&%$#]", text) is None


@given(title=WORDS, author=WORDS, venue=st.none() | WORDS)
@settings(deadline=None)
def test_csl_keeps_to_its_schema_whatever_the_words_are(title: str, author: str, venue: str | None):
    item = paper().model_copy(update={"title": title, "authors": (author,), "venue": venue})
    data = json.loads(csl(item, NEWSLETTER))
    jsonschema.validate(data, CSL_SCHEMA)
    assert data[0]["title"] == item.title
