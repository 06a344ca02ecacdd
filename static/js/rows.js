// Rows of a [data-rows] table. By keyboard: j and k move, Enter follows the row's link, o opens and closes the row,
// s presses its star, Escape lets go. Rows open, and stars work, without a reload.
let row = null;

const typing = (target) => target.closest("input, select, textarea, [contenteditable], dialog, [popover]");
const rows = () => [...document.querySelectorAll("[data-rows] tbody tr:not(.detail, .section)")].filter((line) => line.checkVisibility());

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
  else if (event.key === "o" && row?.isConnected) row.querySelector(".opener a")?.click();
  else if (event.key === "Enter" && row?.isConnected && event.target === document.body) row.querySelector("a")?.click();
  else if (event.key === "Escape" && row) select(null);
  else return;
  event.preventDefault();
});

// What lies under a row: its detail and its siblings, as the page with the row open has them.
function under(line) {
  const found = [];
  for (let next = line.nextElementSibling; next?.matches(".detail, .related"); next = next.nextElementSibling) found.push(next);
  return found;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest(".opener a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const line = link.closest("tr");
  const code = line.id.slice(1);
  const address = new URL(location.href); // of now: other rows may have been opened since the link was written
  const others = address.searchParams.getAll("open").filter((each) => each !== code);
  address.searchParams.delete("open");
  for (const each of link.ariaExpanded ? others : [...others, code]) address.searchParams.append("open", each);
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return location.assign(link.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(line.id);
  if (!fresh) return location.assign(link.href);
  under(line).forEach((old) => old.remove());
  line.after(...under(fresh));
  link.replaceWith(fresh.querySelector(".opener a"));
  line.querySelector(".opener a").focus({ preventScroll: true });
  history.replaceState(history.state, "", address);
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
