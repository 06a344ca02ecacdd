// Rows of a [data-rows] table. By keyboard: j and k move, Enter opens the row's link, s presses its star, Escape lets go.
// On a narrow screen [data-open] shows the cells that do not fit, with the words of their heads. Stars work without a reload.
let row = null;

const typing = (target) => target.closest("input, select, textarea, [contenteditable], dialog, [popover]");
const rows = () => [...document.querySelectorAll("[data-rows] tbody tr:not(.detail)")];

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
  else if (event.key === "s") (row?.isConnected ? row : document.querySelector(".market-head"))?.querySelector(".star button")?.click();
  else if (event.key === "Enter" && row?.isConnected && event.target === document.body) row.querySelector("a")?.click();
  else if (event.key === "Escape" && row) select(null);
  else return;
  event.preventDefault();
});

function detail(of) {
  const above = [...of.closest("table").tHead.rows];
  const heads = above.pop().cells;
  const groups = above.flatMap((line) => [...line.cells].flatMap((cell) => Array(cell.colSpan).fill(cell.textContent.trim())));
  const line = document.createElement("tr");
  line.className = "detail";
  const cell = line.insertCell();
  cell.colSpan = heads.length;
  const list = cell.appendChild(document.createElement("dl"));
  for (const [place, part] of [...of.cells].entries()) {
    if (part.matches(".keep, .star") || !heads[place]?.textContent.trim()) continue;
    const pair = list.appendChild(document.createElement("div"));
    pair.appendChild(document.createElement("dt")).textContent = [groups[place], heads[place].textContent].filter(Boolean).join(" · ");
    const value = pair.appendChild(document.createElement("dd"));
    value.append(...[...part.childNodes].map((node) => node.cloneNode(true)));
    value.className = part.className;
    if (part.title) value.title = part.title;
  }
  const star = of.querySelector(".star button");
  if (star) cell.appendChild(Object.assign(document.createElement("div"), { className: "star" })).append(star.cloneNode());
  return line;
}

// The button that opens a line is only there for those who can use it.
function openers(part) {
  for (const table of part.querySelectorAll("[data-rows]:not([data-openable])")) {
    table.dataset.openable = "";
    for (const line of table.rows) {
      const cell = line.insertCell();
      cell.className = "more-cell keep";
      if (line.parentElement === table.tHead) continue;
      const button = cell.appendChild(document.createElement("button"));
      button.type = "button";
      button.textContent = "›";
      button.setAttribute("aria-expanded", "false");
      button.setAttribute("aria-label", line.querySelector("th > a")?.textContent ?? line.querySelector("th")?.textContent ?? "");
    }
  }
}
const narrow = matchMedia("(max-width: 700px)");
const offer = () => { if (narrow.matches) openers(document); };
narrow.addEventListener("change", offer);
document.addEventListener("htmx:load", offer);
offer();

document.addEventListener("click", (event) => {
  const button = event.target.closest(".more-cell button");
  if (!button) return;
  const of = button.closest("tr");
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  if (open) of.after(detail(of));
  else of.nextElementSibling.remove();
});

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!event.target.matches("[data-watch]") || !button) return;
  event.preventDefault();
  const answer = await fetch(event.target.action, { method: "POST", headers: { "HX-Request": "true" }, body: new FormData(event.target, button) });
  if (!answer.ok) return location.reload();
  const name = button.name === "add" ? "remove" : "add";
  for (const other of event.target.querySelectorAll(`.star [value="${CSS.escape(button.value)}"]`)) {
    other.name = name;
    other.ariaLabel = event.target.dataset[name].replace("{}", button.value);
  }
});
