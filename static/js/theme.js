// The look menu without a reload: marks the choice at once and keeps it in the cookie the server reads.
const root = document.documentElement;
const YEAR = 365 * 24 * 3600;

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches("[data-look]") || !button) return;
  event.preventDefault();
  const { name, value } = button;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
  if (value === "system" || value === "safe") delete root.dataset[name];
  else root.dataset[name] = value;
  for (const other of form.querySelectorAll(`[name="${name}"]`)) other.setAttribute("aria-pressed", String(other === button));
  document.dispatchEvent(new CustomEvent("look:changed"));
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("look:changed")));

// Menus close when their choice is made by keyboard or pointer elsewhere: popover does that; here only on a completed choice of a page.
document.addEventListener("htmx:beforeHistorySave", () => document.querySelectorAll(":popover-open").forEach((menu) => menu.hidePopover()));
