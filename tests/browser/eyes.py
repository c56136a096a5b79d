"""What a pair of eyes would notice on a page: each of these scripts runs in it, and lists what is wrong there."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

SEEN = "{ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true }"

# What sticks out to the right of the window and cannot be scrolled to inside a box of its own.
STICKS_OUT = """() => [...document.body.querySelectorAll("*")].filter(element => {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false
    const box = element.getBoundingClientRect()
    if (box.width < 2 || box.right <= innerWidth + 1) return false
    for (let outer = element.parentElement; outer && outer !== document.body; outer = outer.parentElement)
        if (getComputedStyle(outer).overflowX !== "visible") return false
    return true
}).map(element => element.outerHTML.slice(0, 120))"""

# What is longer or higher than the box that cuts it off.
CUT_OFF = """() => [...document.querySelectorAll(".sheet *, .masthead *, .colophon *")].filter(element => {
    const style = getComputedStyle(element)
    if (style.position === "absolute" || !element.checkVisibility()) return false
    const cuts = { x: style.overflowX, y: style.overflowY }
    return !["visible", "auto"].includes(cuts.x) && element.scrollWidth > element.clientWidth + 1
        || !["visible", "auto"].includes(cuts.y) && element.scrollHeight > element.clientHeight + 1
}).map(element => element.outerHTML.slice(0, 120))"""

# Words that lie over other words: half of a line's height and more than a hair of its width.
OVERLAPS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const lines = []
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement
        if (!node.data.trim() || !parent.checkVisibility(SEEN) || parent.closest(".skip, .search, svg")) continue
        if (getComputedStyle(parent).clipPath !== "none") continue
        const range = document.createRange()
        range.selectNodeContents(node)
        for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) lines.push({ node, box })
    }
    lines.sort((one, other) => one.box.top - other.box.top)
    const found = []
    lines.forEach((one, index) => {
        for (let next = index + 1; next < lines.length && lines[next].box.top < one.box.bottom; next++) {
            const other = lines[next]
            if (other.node === one.node) continue
            const high = Math.min(one.box.bottom, other.box.bottom) - other.box.top
            const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left)
            if (wide > 2 && high > Math.min(one.box.height, other.box.height) / 2)
                found.push(`"${one.node.data.trim().slice(0, 40)}" and "${other.node.data.trim().slice(0, 40)}"`)
        }
    })
    return found
}""".replace("SEEN", SEEN)

# WCAG 2.2, success criterion 2.5.8: a target is 24 by 24 CSS pixels; or a circle of that diameter, on the middle of its
# box, touches no other target nor the circle of another small one; or it stands in a sentence, whose line sets its
# height.
SMALL_TARGETS = """() => {
    const inSentence = element => getComputedStyle(element).display === "inline"
        && [...element.parentElement.childNodes].some(node => node.nodeType === Node.TEXT_NODE && /\\w/.test(node.data))
    const targets = [...document.querySelectorAll("a[href], button, summary, input, select, textarea, [tabindex]")]
        .filter(element => element.tabIndex >= 0 && element.checkVisibility(SEEN) && !element.matches(".skip, .table"))
        .map(element => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 1 && box.height > 1)
    const small = ({ box }) => box.width < 23.95 || box.height < 23.95
    const middle = ({ box }) => [box.left + box.width / 2, box.top + box.height / 2]
    const gap = (one, other) => {
        const [x, y] = middle(one)
        const { box } = other
        if (small(other)) return Math.hypot(x - middle(other)[0], y - middle(other)[1]) - 12
        return Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom))
    }
    const apart = (one, other) => !one.element.contains(other.element) && !other.element.contains(one.element)
    const crowded = one => targets.some(other => apart(one, other) && gap(one, other) < 12)
    return targets.filter(one => small(one) && !inSentence(one.element) && crowded(one))
        .map(({ element, box }) => `${box.width} by ${box.height}: ${element.outerHTML.slice(0, 120)}`)
}""".replace("SEEN", SEEN)

# What moves for longer than an eye notices: WCAG 2.2, 2.3.3, and the reader's own wish.
MOVES = """() => [...document.querySelectorAll("*")].flatMap(element => ["", "::before", "::after"].map(part => {
    const style = getComputedStyle(element, part || null)
    const longest = times => Math.max(...times.split(",").map(parseFloat))
    const moving = longest(style.transitionDuration) + longest(style.transitionDelay) > .02
        || style.animationName !== "none" && longest(style.animationDuration) > .02
    return moving || style.scrollBehavior === "smooth" ? `${element.tagName}.${element.className}${part}` : ""
})).filter(Boolean)"""

# A page of paper is a column of its size: the browser cuts both by the same rules, and only of a column can be asked
# where the lines are.
PAPER_WIDTH, PAPER_HEIGHT, BETWEEN = 680, 1000, 40
ONTO_PAPER = f"""html {{ width: {PAPER_WIDTH}px; height: {PAPER_HEIGHT}px !important; columns: {PAPER_WIDTH}px;
    column-gap: {BETWEEN}px; column-fill: auto; overflow: visible !important; }}"""

# What is cut in two by the end of a page though it would fit on one.
CUT_APART = f"""() => {{
    const whole = "img, figure, table, tr, pre, li, .links, .facts, .commands > div"
    return [...document.querySelectorAll(whole)].filter(element => {{
        const parts = [...element.getClientRects()]
        if (!element.checkVisibility() || parts.length < 2) return false
        const high = parts.reduce((sum, part) => sum + part.height, 0)
        return high < {PAPER_HEIGHT} / 2 && new Set(parts.map(part => part.left)).size > 1
    }}).map(element => element.outerHTML.slice(0, 120))
}}"""

# Headings that stand at the foot of a page, and what they head on the next.
LEFT_BEHIND = f"""() => {{
    const page = element => Math.floor(element.getClientRects()[0].left / ({PAPER_WIDTH} + {BETWEEN}))
    return [...document.querySelectorAll("h1, h2, h3, h4, h5")].filter(heading => {{
        const next = heading.nextElementSibling
        return heading.checkVisibility() && next?.checkVisibility() && page(heading) !== page(next)
    }}).map(heading => heading.textContent)
}}"""

# How many pages of paper there are.
PAGES_OF_PAPER = f"() => Math.round(document.documentElement.scrollWidth / ({PAPER_WIDTH} + {BETWEEN}))"

# Everything that the keyboard should reach, in the order of the page, as a reader sees it.
STOPS = """[...document.querySelectorAll("a[href], button, summary, input, select, textarea, [tabindex]")]
    .filter(element => element.tabIndex >= 0
        && element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })
        && !element.closest("details:not([open]) > :not(summary)"))"""

# Where the focus is not seen: no outline, a pale one, or something in front. WCAG 2.2, 2.4.7, 2.4.11 and 1.4.11.
FOCUS_UNSEEN = """() => {
    const channels = colour => colour.match(/[\\d.]+/g).map(Number)
    const light = colour => {
        const [red, green, blue] = channels(colour).map(value => value / 255)
            .map(value => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4)
        return .2126 * red + .7152 * green + .0722 * blue
    }
    const contrast = (one, other) => {
        const [low, high] = [light(one), light(other)].sort((first, second) => first - second)
        return (high + .05) / (low + .05)
    }
    const ground = element => {
        for (let outer = element; outer; outer = outer.parentElement) {
            const colour = getComputedStyle(outer).backgroundColor
            if (channels(colour)[3] !== 0) return colour
        }
        return "rgb(255, 255, 255)"
    }
    const outline = element => {
        const { outlineStyle, outlineWidth, outlineColor, outlineOffset } = getComputedStyle(element)
        const behind = ground(parseFloat(outlineOffset) < 0 ? element : element.parentElement)
        if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) return "no outline"
        return contrast(outlineColor, behind) < 3 ? "a pale outline" : ""
    }
    const hidden = element => {
        const box = [...element.getClientRects()].find(part => part.width > 1 && part.height > 1)
        const x = box.left + Math.min(box.width, innerWidth) / 2
        const y = box.top + Math.min(box.height, innerHeight) / 2
        const hit = document.elementFromPoint(x, y)
        if (!hit) return "out of sight"
        return element.contains(hit) || hit.contains(element) ? "" : `behind ${hit.outerHTML.slice(0, 60)}`
    }
    const faults = element => {
        element.focus()
        if (!element.matches(":focus-visible")) return ["no focus"]
        return [outline(element), hidden(element)].filter(Boolean)
    }
    return STOPS.flatMap(element => faults(element).map(fault => `${fault}: ${element.outerHTML.slice(0, 120)}`))
}""".replace("STOPS", STOPS)


@contextmanager
def styled(page: Page, css: str) -> Iterator[None]:
    """The page with one more sheet, while entered."""
    sheet = page.add_style_tag(content=css)
    yield
    sheet.evaluate("sheet => sheet.remove()")
