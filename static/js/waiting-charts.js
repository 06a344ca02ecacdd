// The charts of [data-figures] stand as SVG. The first pointer on one, a tap, a key or a button of its panel fetches
// Plotly and the figures of all of them; from then on charts.js draws them in the same places.
const page = document.querySelector("[data-figures]");
const { plotly, charts } = document.getElementById("charts-script").dataset;
let asked;

const script = (address) => new Promise((done, failed) => {
  document.head.append(Object.assign(document.createElement("script"), { src: address, onload: done, onerror: failed }));
});
const figures = async () => {
  const answer = await fetch(page.dataset.figures);
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
};
async function fetched() {
  const [found] = await Promise.all([figures(), script(plotly)]);
  const { take } = await import(charts);
  take(found);
}
// What failed is asked for again by the next pointer; the SVG stays.
const wake = () => (asked ??= fetched().catch(() => { asked = undefined; }));

const onChart = (event) => event.target.closest("[data-chart]");
page?.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse" && onChart(event)) wake(); });
page?.addEventListener("click", (event) => { if (onChart(event)) wake(); });
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-full-screen], [data-png]");
  if (!button || button.woken) return;
  event.stopImmediatePropagation();
  await wake();
  button.woken = true;
  if (asked) button.click();
}, { capture: true });
