// Search, the theme switch, and buttons that copy. A page reads the same without it.
(() => {
  "use strict"
  const root = document.documentElement
  const said = document.querySelector(".said")
  root.classList.replace("no-js", "js")

  // Search is the engine's. Its script, and the index it loads, wait in a template until they are asked for.
  const toggle = document.getElementById("__search")
  const query = document.querySelector(".search-query")
  let opener = null

  let awake = null

  function load(waiting) {
    const script = document.createElement("script")
    script.async = false
    script.src = waiting.getAttribute("src")
    document.body.append(script)
    return new Promise(done => script.addEventListener("load", done))
  }

  function wake() {
    const engine = document.getElementById("engine")
    return awake ??= Promise.all([...engine?.content.querySelectorAll("script[src]") ?? []].map(load))
  }

  // Material's search is our own markup, and opens by the toggle. Zensical's brings its own, and opens by a hidden button.
  function openSearch() {
    opener = document.activeElement
    const woken = wake()
    if (!query) return woken.then(() => document.querySelector(".md-search__button")?.click())
    if (!toggle.checked) toggle.click()
    query.focus()
  }

  function closeSearch() {
    if (toggle.checked) toggle.click()
  }

  if (query) {
    toggle.addEventListener("change", () => !toggle.checked && opener?.focus())
    query.form.addEventListener("submit", event => event.preventDefault())
    // The engine listens for keys alone, but words are also pasted with the mouse, dropped and dictated.
    query.addEventListener("input", () => query.dispatchEvent(new Event("keyup")))
    document.addEventListener("focusin", ({ target }) => toggle.checked && !target.closest(".search") && closeSearch())
    addEventListener("keydown", event => {
      // The engine would close the dialog on Tab and take every other key for the query.
      if (toggle.checked && (event.key === "Tab" || event.target.matches(".search button"))) event.stopImmediatePropagation()
      if (event.key === "Escape" && toggle.checked) closeSearch()
    }, true)
    if (new URLSearchParams(location.search).has("q")) wake()
  }

  addEventListener("keydown", event => {
    const [target] = event.composedPath()
    const editing = target.closest?.("input:not([type=radio]), textarea, select, [contenteditable]")
    const searching = query ? toggle.checked : target.getRootNode?.() instanceof ShadowRoot
    if (editing || searching || event.ctrlKey || event.metaKey || event.altKey) return
    if (!["/", "s", "f"].includes(event.key) || !document.querySelector("[data-search-open]")) return
    event.preventDefault()
    event.stopImmediatePropagation()
    openSearch()
  }, true)

  // The reader's theme, kept in the form that the engine's own script reads before the first paint.
  const dark = matchMedia("(prefers-color-scheme: dark)")
  const isDark = () => document.body.hasAttribute("data-md-color-media")
    ? document.body.dataset.mdColorScheme === "slate"
    : dark.matches

  function showTheme() {
    if (!document.body.hasAttribute("data-md-color-media")) document.body.dataset.mdColorScheme = isDark() ? "slate" : "default"
    for (const button of document.querySelectorAll("[data-theme-switch]")) button.setAttribute("aria-pressed", isDark())
  }

  function switchTheme() {
    const scheme = isDark() ? "default" : "slate"
    const media = `(prefers-color-scheme: ${scheme === "slate" ? "dark" : "light"})`
    const index = scheme === "slate" ? 1 : 0
    document.body.dataset.mdColorMedia = media
    document.body.dataset.mdColorScheme = scheme
    __md_set("__palette", { index, color: { media, scheme } })
    showTheme()
  }

  dark.addEventListener("change", showTheme)
  showTheme()

  // Buttons that copy: data-copy holds the text, data-copy-of the id of the element that shows it, data-copy-from an address to fetch.
  async function textOf({ dataset }) {
    if (dataset.copy) return dataset.copy
    if (dataset.copyOf) return document.getElementById(dataset.copyOf).textContent.trim()
    const answer = await fetch(new URL(dataset.copyFrom, location))
    if (!answer.ok) throw new Error(answer.statusText)
    return answer.text()
  }

  function say(button, words) {
    const label = button.dataset.label ??= button.textContent
    button.textContent = words
    said.textContent = words
    setTimeout(() => { button.textContent = label; said.textContent = "" }, 2500)
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(await textOf(button))
      say(button, "Copied")
    } catch {
      say(button, "Not copied")
    }
  }

  document.addEventListener("click", event => {
    const hit = event.target.closest("[data-search-open], [data-search-close], [data-theme-switch], [data-copy], [data-copy-of], [data-copy-from]")
    if (!hit) return
    if (hit.matches("[data-search-open]")) openSearch()
    else if (hit.matches("[data-search-close]")) closeSearch()
    else if (hit.matches("[data-theme-switch]")) switchTheme()
    else copy(hit)
  })
})()
