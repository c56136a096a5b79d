"""The least that an engine can work on: a configuration, two pages, and a theme of any templates."""

from pathlib import Path

from digest.publish.engines import Workplace, configuration

NEWSLETTER = "site_name: Letter\nsite_url: https://news.example.org/ml/\n"


def workplace(root: Path, project: str = NEWSLETTER, **theme: str) -> Workplace:
    place = Workplace(root / "build", root / "build" / ".sites" / "a")
    (root / "mkdocs.yml").write_text(project, encoding="utf-8")
    (place.build / "docs" / "papers").mkdir(parents=True)
    (place.build / "docs" / "index.md").write_text("---\ntitle: Home\n---\n\n<p>Hello</p>\n")
    (place.build / "docs" / "papers" / "dino.md").write_text('---\ntitle: DINO\n---\n\n<p id="why">Why</p>\n')
    place.theme.mkdir()
    for name, text in theme.items():
        (place.theme / f"{name}.html").write_text(text)
    place.configuration.write_text(configuration("../mkdocs.yml", ".sites/a"))
    return place
