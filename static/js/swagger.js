// Swagger's own dark sheet, where the page is dark.
const { dataset, classList } = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
classList.toggle("dark-mode", (dataset.theme ?? system) === "dark");
