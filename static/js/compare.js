// Ticks on the board: the first press of [data-compare] puts a box before every market, the next one opens the ticked ones
// in one chart. Six fit it. A table that htmx swapped gets its boxes again.
const button = document.querySelector("[data-compare]");
const MOST = 6;
const ticked = new Set();
let open = false;

function label() {
  button.querySelector("span").textContent = ticked.size ? ` · ${ticked.size}` : "";
  button.setAttribute("aria-pressed", String(open));
  for (const box of document.querySelectorAll(".tick")) box.disabled = !box.checked && ticked.size >= MOST;
}

function boxes() {
  if (!open) return document.querySelectorAll(".tick").forEach((box) => box.remove());
  for (const row of document.querySelectorAll("#board tr[id^=m]:not(:has(.tick))")) {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", className: "tick", value: row.id.slice(1) });
    box.ariaLabel = `${button.dataset.compare} ${row.querySelector("th a").textContent}`;
    box.checked = ticked.has(box.value);
    row.querySelector("th").prepend(box);
  }
}

button?.addEventListener("click", () => {
  if (ticked.size) return location.assign(`${button.dataset.page}?${[...ticked].map((code) => `codes=${encodeURIComponent(code)}`).join("&")}`);
  open = !open;
  boxes();
  label();
});
document.addEventListener("change", ({ target }) => {
  if (!target.matches(".tick")) return;
  if (target.checked) ticked.add(target.value); else ticked.delete(target.value);
  label();
});
document.addEventListener("htmx:load", () => { if (open) { boxes(); label(); } });
if (button) button.hidden = false;
