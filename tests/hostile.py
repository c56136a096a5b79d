"""What a curator might paste without seeing it: ways to make a page run, load or send what it should not."""

import json
import shlex
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from tests.library.project import DEMO, DRAWING, RESULTS

RUN = "alert(1)"
MARK = "{{ 1234567*9 }}"
"""Template syntax whose value, 11111103, nothing else holds."""
PAYLOADS = {
    "script": f"<script>{RUN}</script>",
    "script-in-upper-case": f"<SCRIPT\n>{RUN}</SCRIPT\n>",
    "script-from-elsewhere": "<script src=//elsewhere.example/x.js></script>",
    "script-split": f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    "script-end": f"</script><script>{RUN}</script>",
    "script-end-in-json": f'"}}</script><script>{RUN}</script>',
    "comment-opens-script": f"<!--<script>{RUN}</script>",
    "image-error": f"<img src=x onerror={RUN}>",
    "image-error-slashes": f"<img/src=x/onerror={RUN}>",
    "image-error-quotes": f'"><img src=x onerror="{RUN}">',
    "image-error-apostrophe": f"'><img src=x onerror='{RUN}'>",
    "handler-in-attribute": f'" onmouseover="{RUN}" autofocus onfocus="{RUN}" x="',
    "handler-backtick": f"`` onmouseover={RUN} ``",
    "details": f"<details open ontoggle={RUN}>",
    "body": f"<body onload={RUN}>",
    "input": f"<input autofocus onfocus={RUN}>",
    "video": f"<video><source onerror={RUN}></video>",
    "marquee": f"<marquee onstart={RUN}>",
    "unknown-element": f"<x onclick={RUN}>click</x>",
    "svg": f"<svg onload={RUN}>",
    "svg-script": f"<svg><script>{RUN}</script></svg>",
    "svg-animate": f"<svg><a><animate attributeName=href values=javascript:{RUN} /><text>x</text></a></svg>",
    "svg-use": "<svg><use href=data:image/svg+xml,x#x /></svg>",
    "svg-style": f"<svg><style><img src=x onerror={RUN}></style></svg>",
    "math": f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={RUN}&gt;'>",
    "math-link": f"<math href=javascript:{RUN}>x</math>",
    "noscript": f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    "template": f"<template><script>{RUN}</script></template>",
    "textarea": f"</textarea></title></style></noscript><img src=x onerror={RUN}>",
    "cdata": f"<![CDATA[<img src=x onerror={RUN}>]]>",
    "cdata-end": f"]]><script>{RUN}</script>",
    "link": f"[click](javascript:{RUN})",
    "link-in-upper-case": f"[click](JaVaScRiPt:{RUN})",
    "link-with-entities": f"[click](&#106;avascript&colon;{RUN})",
    "link-with-tab": f"[click](java&Tab;script:{RUN})",
    "link-with-line-feed": f"[click](<java&#10;script:{RUN}>)",
    "link-after-control": f"[click](&#1;javascript:{RUN})",
    "link-html": f"<a href='javascript:{RUN}'>click</a>",
    "link-html-blanks": f"<a href=' &#14; javascript:{RUN}'>click</a>",
    "link-vbscript": "[click](vbscript:msgbox)",
    "link-data": "[click](data:text/html,<script>x</script>)",
    "link-data-html": "<a href=data:text/html;base64,PHNjcmlwdD4>click</a>",
    "link-blob": "[click](blob:https://elsewhere.example/x)",
    "link-reference": f"[click][bad]\n\n[bad]: javascript:{RUN}\n\n",
    "link-autolink": f"<javascript:{RUN}>",
    "link-title": f"[click](https://a.example 'x\" onmouseover=\"{RUN}')",
    "picture-javascript": f"![x](javascript:{RUN})",
    "picture-data": "![x](data:image/svg+xml,<svg>)",
    "picture-alt": f'![x" onerror="{RUN}](https://a.example/a.png)',
    "iframe": f"<iframe src=javascript:{RUN}></iframe>",
    "iframe-document": f"<iframe srcdoc='<script>{RUN}</script>'></iframe>",
    "object": "<object data=//elsewhere.example/x.swf></object><embed src=//elsewhere.example/x.swf>",
    "refresh": '<meta http-equiv="refresh" content="0;url=//elsewhere.example/">',
    "policy": '<meta http-equiv="Content-Security-Policy" content="script-src *">',
    "base": "<base href=//elsewhere.example/>",
    "form": "<form action=//elsewhere.example/><button formaction=javascript:x>x</button></form>",
    "stylesheet": "<link rel=stylesheet href=//elsewhere.example/x.css>",
    "style": "<style>@import '//elsewhere.example/x.css'; body { background: url(//elsewhere.example) }</style>",
    "style-attribute": "<p style='background:url(//elsewhere.example/pixel)'>x</p>",
    "clobber": "<a id=__config>x</a><a id=engine>x</a><form name=search>",
    "end-of-the-words": f'</div><footer class="colophon"><script>{RUN}</script>',
    "jinja": f"{MARK} {{% raw %}} {{% include 'mkdocs.yml' %}} {{{{ config }}}} {{# x #}}",
    "jinja-escape": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "percent": "%(x)s %s ${PATH} $(id) `id` ; rm -rf / | cat && x",
    "markdown-link-break": "x](javascript:x) [y",
    "bidi": "\u202etxt.exe\u2066 \u200b\u200d\ufeff".replace("\ufeff", "\u2060"),
    "entities": "&lt;script&gt; &amp;lt; &#60;img&#62; &quot; &apos;",
    "xml": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><?xml-stylesheet href="x"?>&a;',
    "astral": "𝕏 🎉 \U000e0001 \ud7ff \ue000",
}


WORD = "zebra"
"""A word in every text, for whoever searches."""
EVERYTHING = " ".join(PAYLOADS.values())
SECTIONS = "## What it is\n\n{}\n\n## Why it matters\n\n> - {}\n\n## Try it\n\n`{}`\n\n```html\n{}\n```\n"


def hostile_files() -> dict[str, str]:
    """A newsletter with every payload in every field that is text, and in every body."""
    files = {"site/authors.yml": "".join(f"{name}:\n{_author(_text(name))}" for name in PAYLOADS)}
    for number, name in enumerate(PAYLOADS, start=1):
        files[f"site/papers/{name}.md"] = _file(name, _paper)
        files[f"site/courses/{name}.md"] = _file(name, _course)
        files[f"site/projects/{name}.md"] = _file(name, _project)
        files[f"site/issues/{_day(number)}.md"] = _issue(number, name)
    for name in ("about", "subscribe", "corrections"):
        files[f"site/{name}.md"] = f"---\ntitle: {_quoted(EVERYTHING[:1500])}\ntakeaway: {name}\n---\n{EVERYTHING}\n"
    files["site/figures/a.svg"] = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"/>'
    words = {"tagline": EVERYTHING[:1500], "repository": "https://git.example/letter", "since": 2021}
    settings = {
        "site_name": EVERYTHING[1500:3000],
        "site_url": "https://letter.example/",
        "site_description": EVERYTHING[3000:4500],
        "extra": {"generator": False, "digest": words},
        "theme": {"name": "material", "font": False},
        "plugins": ["search"],
        "nav": ["index.md"],
        "not_in_nav": "*",
    }
    return files | {"mkdocs.yml": _quoted(settings)} | _demo()


def _text(name: str) -> str:
    return f"{PAYLOADS[name]} {WORD} {name}"


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _author(text: str) -> str:
    return "".join(f"  {field}: {_quoted(text)}\n" for field in ("name", "role", "about"))


def _file(name: str, kind: Callable[[str, str], dict[str, object]]) -> str:
    text = _text(name)
    fields: dict[str, object] = {
        "title": text,
        "takeaway": text,
        "tags": ["all"],
        "added": "2021-05-14",
        **kind(name, text),
        "figures": {
            "a": {"file": "a.svg", "alt": text, "caption": text, "credit": text, "source": "own", "license": "MIT"}
        },
    }
    body = SECTIONS.format(text, text, text.replace("`", "'"), text)
    return f"---\n{_quoted(fields)}\n---\n{body}\n![](figure:a)\n"


def _paper(name: str, text: str) -> dict[str, object]:
    links = {"paper": {"url": f"https://a.example/{name}", "note": text}}
    authors = {"authors": [text, text], "published": "2021-04-29", "venue": text}
    return {"links": links, **authors} | ({"demo": "toy"} if name == "script" else {})


def _course(name: str, text: str) -> dict[str, object]:
    fields = dict.fromkeys(("provider", "level", "duration", "price"), text)
    return {"links": {"course": {"url": f"https://b.example/{name}", "note": text}}, "instructors": [text], **fields}


def _project(name: str, text: str) -> dict[str, object]:
    links = {"website": {"url": f"https://c.example/{name}", "note": text}}
    return {"links": links, "repository": f"https://d.example/{name}", "license": "MIT", "language": text}


def _day(number: int) -> str:
    return (date(2021, 1, 1) + timedelta(weeks=number)).isoformat()


def _issue(number: int, name: str) -> str:
    text = _text(name)
    fields = {
        "number": str(number),
        "date": _day(number),
        "title": text,
        "takeaway": text,
        "author": name,
        "entries": [f"{kind}/{name}" for kind in ("papers", "courses", "projects")],
        "status": "published",
        "credit": text,
    }
    return f"---\n{_quoted(fields)}\n---\n{text}\n\n<!-- closing -->\n\n{text}\n"


def _demo() -> dict[str, str]:
    manifest = DEMO.replace('"Toy"', _quoted(EVERYTHING[:1500])).replace('"A toy."', _quoted(EVERYTHING[1500:3000]))
    manifest = manifest.replace("papers/a", "papers/script").replace('"toy"', _quoted("toy " + shlex.quote(EVERYTHING)))
    manifest = manifest.replace(_quoted("toy " + shlex.quote(EVERYTHING)), '"toy"', 1)
    results, text = json.loads(RESULTS), EVERYTHING[:1000]
    results["version"], results["libraries"], results["hardware"]["processor"] = text, {text: text}, text
    results["checks"][0] |= {"name": text, "command": text}
    results["metrics"][0] |= {"name": text, "unit": text, "command": text, "claim": text, "held": True}
    results["figures"][0] |= {"caption": text, "alt": text}
    return {
        "demos/toy/demo.toml": manifest,
        "demos/toy/results/laptop.json": json.dumps(results),
        "demos/toy/results/figures/loss.svg": DRAWING,
    }


def write_hostile(root: Path) -> Path:
    """The hostile newsletter as a project at `root`."""
    for path, text in hostile_files().items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root
