"""One page of every kind. What was published stays where it is, so these addresses may be written down."""

PAGES = {
    "home": "",
    "issue": "issues/2021-05-14/",
    "paper": "papers/dino/",
    "course": "courses/mlops-specialization/",
    "project": "projects/opyrator/",
    "papers": "papers/",
    "courses": "courses/",
    "projects": "projects/",
    "tags": "tags/",
    "tag": "tags/vision/",
    "archive": "archive/",
    "year": "archive/2021/",
    "authors": "authors/",
    "author": "authors/editors/",
    "demos": "demos/",
    "about": "about/",
    "subscribe": "subscribe/",
    "corrections": "corrections/",
    "404": "404.html",
}
ISSUE = PAGES["issue"]
PAPER = PAGES["paper"]
MOVED = "tags/playthings/"
TOYS = {
    "issue with demos": "issues/2021-05-21/",
    "paper with a demo that failed": "papers/toy-failed/",
    "every state of a demo": "demos/",
    "home with earlier issues": "",
}
