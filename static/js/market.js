// The market's pages: evidence folded on a phone, the report table fitted to its box, the numbers of a block as CSV.
const SMALLEST = 0.35;

if (matchMedia("(max-width: 899px)").matches)
  for (const part of document.querySelectorAll("[data-wide]:not(:has(:target))")) part.open = false;

for (const button of document.querySelectorAll("[data-fit]")) {
  const table = document.querySelector(".report-table table");
  button.hidden = false;
  button.addEventListener("click", () => {
    const fitted = button.getAttribute("aria-pressed") !== "true";
    table.style.zoom = "";
    if (fitted) table.style.zoom = Math.min(1, Math.max(SMALLEST, table.parentElement.clientWidth / table.scrollWidth));
    button.setAttribute("aria-pressed", String(fitted));
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const answer = await fetch(button.closest(".panel").querySelector("a[download]").href);
    if (!answer.ok) return;
    await navigator.clipboard.writeText(await answer.text());
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  });
}
