// Turns every [data-search] input into a combobox: suggestions from the server, arrows, Enter, Escape.
const WAIT = 120;
let count = 0;

function combobox(input) {
  const list = document.createElement("div");
  list.id = `search-list-${++count}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label"));
  list.hidden = true;
  input.form.after(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) input.setAttribute(name, value);

  let timer = 0;
  let request = null;
  let current = -1;
  const options = () => [...list.querySelectorAll("[role=option]")];

  function show(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) choose(-1);
  }
  function choose(place) {
    const all = options();
    current = all.length ? (place + all.length) % all.length : -1;
    if (place < 0 && place !== -2) current = -1;
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === current)));
    if (current < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", all[current].id);
      all[current].scrollIntoView({ block: "nearest" });
    }
  }
  async function ask() {
    request?.abort();
    const words = input.value.trim();
    if (!words) return show(false);
    request = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.search}?${new URLSearchParams({ q: words })}`, { headers: { "HX-Request": "true" }, signal: request.signal });
      if (!answer.ok) return show(false);
      list.innerHTML = await answer.text();
      options().forEach((option, index) => { option.id = `${list.id}-${index}`; });
      show(true);
      choose(options().length ? 0 : -1);
    } catch (error) {
      if (error.name !== "AbortError") show(false);
    }
  }
  // What was asked for, or was about to be, does not come up after it.
  function leave() {
    clearTimeout(timer);
    request?.abort();
    show(false);
  }
  const open = (option) => { if (option) location.assign(option.dataset.href); };

  // What is listed answers other words until the next answer: Enter asks the server for the words as they are.
  input.addEventListener("input", () => { choose(-1); clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  input.addEventListener("focus", () => { if (input.value.trim() && list.hidden) ask(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); if (list.hidden) ask(); else choose(current + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); choose(current <= 0 ? options().length - 1 : current - 1); }
    else if (event.key === "Enter" && !list.hidden && current >= 0) { event.preventDefault(); open(options()[current]); }
    else if (event.key === "Escape") { if (list.hidden) input.blur(); else { event.preventDefault(); leave(); } }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => open(event.target.closest("[role=option]")));
  input.addEventListener("blur", leave);
}

document.querySelectorAll("[data-search]").forEach(combobox);
