// The market's pages: the report table fitted to the width of its box.
const SMALLEST = 0.35;

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
