"""What `{{ name }} reproduce` writes."""

import json

from {{ package }}.report import write_report


def test_the_report_is_the_same_twice(tmp_path):
    write_report(tmp_path / "once")
    write_report(tmp_path / "twice")
    names = sorted(path.name for path in (tmp_path / "once").iterdir())
    assert names == ["metrics.json", "points.svg"]
    for name in names:
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "twice" / name).read_bytes()


def test_every_figure_has_words_for_those_who_do_not_see_it(tmp_path):
    write_report(tmp_path)
    report = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    for figure in report["figures"]:
        assert figure["alt"]
        assert (tmp_path / figure["file"]).is_file()
