// Keys of every page: / and Ctrl K search, f filters, g then a letter goes, [ and ] turn pages, ? lists the keys.
const list = document.getElementById("keys");
const openers = document.querySelectorAll("[data-keys-open]");
let going = 0;

const typing = (target) => target.closest("input, select, textarea, [contenteditable], dialog[open]");
const press = (selector) => { const target = document.querySelector(selector); target?.click(); return Boolean(target); };
const focus = (selector) => { const target = document.querySelector(selector); target?.focus(); target?.select?.(); return Boolean(target); };

openers.forEach((opener) => {
  opener.hidden = false;
  opener.addEventListener("click", () => { opener.closest("[popover]")?.hidePopover(); list.showModal(); });
});

const ACTIONS = {
  "/": () => focus("[data-search]"),
  "?": () => { list.showModal(); return true; },
  f: () => focus("[data-filters]"),
  "[": () => press("[rel=prev]"),
  "]": () => press("[rel=next]"),
  g: () => { going = performance.now(); return true; },
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    if (focus("[data-search]")) event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const afterG = performance.now() - going < 1500 && going > 0;
  going = 0;
  const done = afterG && /^[a-z]$/.test(event.key) ? press(`[data-go="${event.key}"]`) : ACTIONS[event.key]?.();
  if (done) event.preventDefault();
});
