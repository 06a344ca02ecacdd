// Rows of a [data-rows] table by keyboard: j and k move, Enter opens the row's link, s presses its star, Escape lets go.
let row = null;

const typing = (target) => target.closest("input, select, textarea, [contenteditable], dialog, [popover]");
const rows = () => [...document.querySelectorAll("[data-rows] tbody tr:not([hidden])")];

function select(next) {
  row?.removeAttribute("aria-selected");
  row = next;
  if (!row) return;
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
  row.querySelector("a")?.focus({ preventScroll: true });
}

function move(by) {
  const all = rows();
  const place = row && row.isConnected ? all.indexOf(row) : by > 0 ? -1 : all.length;
  select(all[Math.min(all.length - 1, Math.max(0, place + by))]);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "s" && row?.isConnected) row.querySelector("[data-star]")?.click();
  else if (event.key === "Enter" && row?.isConnected && event.target === document.body) row.querySelector("a")?.click();
  else if (event.key === "Escape" && row) select(null);
  else return;
  event.preventDefault();
});
