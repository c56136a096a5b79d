"""The theme's templates, which an engine renders: what is wrong in them, before one does and without running one.

An engine takes an unknown name for nothing, and the page lacks what stood there: better to be told, with the line.
"""

from collections.abc import Callable, Iterator, Set
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from digest.library.nearest import did_you_mean
from digest.library.problems import Problem
from digest.publish.templates import Templates

JINJA = Environment(autoescape=True)
ENGINE_NAMES = frozenset(
    {"config", "page", "nav", "pages", "base_url", "lang", "extra_css", "extra_javascript", "mkdocs_version"}
)
"""What an engine gives to a theme's templates; `lang` comes from Material's own base template.

`build_date_utc` is left out on purpose: a page that shows it is another one with every build.
"""
ENGINE_FILTERS = frozenset({"url", "script_tag"})
JINJA_NAMES = frozenset({"loop", "self", "super", "caller", "varargs", "kwargs", *JINJA.globals})


def check_theme(templates: Templates, handed_on: Callable[[], Set[str]] = frozenset) -> list[Problem]:
    """What is wrong in a theme: syntax, and names and filters that no engine knows.

    `handed_on` gives the names that the engine's own templates set for those they include. It is asked only when a name
    is found nowhere else: reading all of them takes longer than all the rest.
    """
    trees: dict[str, nodes.Template] = {}
    problems: list[Problem] = []
    for file in templates.theme().values():
        if file.suffix == ".html":
            try:
                trees[str(file)] = parse(file.read_text(encoding="utf-8"))
            except TemplateSyntaxError as error:
                problems.append(templates.problem(str(file), error.lineno, str(error.message)))
            except UnicodeDecodeError:
                problems.append(templates.problem(str(file), 1, "the template is not UTF-8", "save it as UTF-8"))
    known: Set[str] = ENGINE_NAMES | JINJA_NAMES
    for tree in trees.values():
        known |= given_names(tree)
    if any(node.name not in known for tree in trees.values() for node in _names_used(tree)):
        known |= handed_on()
    for path, tree in trees.items():
        problems += [templates.problem(path, *found) for found in _unknown(tree, known)]
    return problems


def parse(text: str) -> nodes.Template:
    """A template's text as a tree; TemplateSyntaxError with its line where it is none."""
    return JINJA.parse(text)


def given_names(tree: nodes.Template) -> frozenset[str]:
    """The names that a template itself sets: variables, macros and their arguments, imports.

    Whatever sets them where, they count for the whole theme: a template sees the names of those that include it.
    """
    names = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    names |= {node.name for node in tree.find_all(nodes.Macro)}
    names |= {node.target for node in tree.find_all(nodes.Import)}
    for node in tree.find_all(nodes.FromImport):
        names |= {name if isinstance(name, str) else name[1] for name in node.names}
    return frozenset(names)


def handed_on_by(folder: Path) -> frozenset[str]:
    """The names that the templates in an engine's `folder` set."""
    texts = (file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.html")))
    return frozenset().union(*(given_names(parse(text)) for text in texts))


def _unknown(tree: nodes.Template, known: Set[str]) -> Iterator[tuple[int, str, str]]:
    for node in _names_used(tree):
        if node.name not in known:
            yield node.lineno, f"'{node.name}' is undefined", did_you_mean(node.name, known - JINJA_NAMES)
    filters = ENGINE_FILTERS | JINJA.filters.keys()
    for filtering in tree.find_all(nodes.Filter):
        if filtering.name not in filters:
            yield filtering.lineno, f"there is no filter '{filtering.name}'", did_you_mean(filtering.name, filters)
    for testing in tree.find_all(nodes.Test):
        if testing.name not in JINJA.tests:
            yield testing.lineno, f"there is no test '{testing.name}'", did_you_mean(testing.name, JINJA.tests)


def _names_used(tree: nodes.Template) -> Iterator[nodes.Name]:
    return (node for node in tree.find_all(nodes.Name) if node.ctx == "load")
