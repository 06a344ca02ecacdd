// Draws every [data-chart] with Plotly when it scrolls into view; the figure is the JSON with the id it names, or the
// one of that name among those `take` was given.
// Colours in figures are token names, "var(--g1)" or "var(--g1) / 0.4": they are read from the style sheet, so a chart
// follows the theme. Charts with layout.meta.sync = "x" share range and cursor on a page.
const language = document.documentElement.lang;
// Under a finger a chart lets the page scroll; a tap shows values, the buttons zoom.
const DRAG = matchMedia("(pointer: coarse)").matches ? false : "zoom";
const CONFIG = {
  locale: language, displaylogo: false, showSendToCloud: false, plotlyServerURL: "", responsive: true, scrollZoom: false,
  modeBarButtonsToRemove: [
    "lasso2d", "select2d", "autoScale2d", "toImage",
    ...(matchMedia("(max-width: 600px)").matches ? ["zoomIn2d", "zoomOut2d"] : []), // they would cover the legend of a phone
  ],
};

// Outside English, names of months and days come from the browser, the words of the buttons from the tag of this script.
if (language !== "en") {
  const { zoom, pan, zoomIn, zoomOut, reset } = document.getElementById("charts-script").dataset;
  const named = (part, length, at) => Array.from({ length }, (_, n) => new Intl.DateTimeFormat(language, { ...part, timeZone: "UTC" }).format(Date.UTC(2023, ...at(n))));
  const months = (month) => named({ month }, 12, (n) => [n, 1]);
  const days = (weekday) => named({ weekday }, 7, (n) => [0, n + 1]); // 1 January 2023 was a Sunday
  Plotly.register({
    moduleType: "locale", name: language, dictionary: { Zoom: zoom, Pan: pan, "Zoom in": zoomIn, "Zoom out": zoomOut, "Reset axes": reset },
    format: { months: months("long"), shortMonths: months("short"), days: days("long"), shortDays: days("short"), dayMonth: "%-d %b", dayMonthYear: "%-d %b %Y" },
  });
}

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

function colour(text) {
  const [, name, alpha] = /^var\((--[\w-]+)\)(?:\s*\/\s*([\d.]+))?$/.exec(text) ?? [];
  if (!name) return text;
  probe.style.color = `var(${name})`;
  const rgb = getComputedStyle(probe).color;
  return alpha ? rgb.replace(/^rgba?\(([^)]+)\)$/, (_, parts) => `rgba(${parts.split(",").slice(0, 3)},${alpha})`) : rgb;
}
function painted(value) {
  if (typeof value === "string") return value.startsWith("var(--") ? colour(value) : value;
  if (Array.isArray(value)) return value.length && typeof value[0] === "number" ? value : value.map(painted);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, painted(inner)]));
  return value;
}

function template() {
  const axis = {
    gridcolor: "var(--line)", zerolinecolor: "var(--line-strong)", zerolinewidth: 1, linecolor: "var(--line)", ticks: "outside", ticklen: 4,
    tickcolor: "var(--line)", automargin: true, title: { standoff: 8, font: { size: 11 } }, tickfont: { size: 11 },
  };
  return painted({
    layout: {
      paper_bgcolor: "var(--surface)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: "Inter, sans-serif", size: 12, color: "var(--ink-2)" },
      colorway: ["var(--g1)", "var(--g2)", "var(--g3)", "var(--g4)", "var(--g5)"], margin: { l: 8, r: 8, t: 8, b: 8 },
      xaxis: { ...axis, showgrid: false, showspikes: true, spikemode: "across", spikesnap: "cursor", spikethickness: 1, spikedash: "solid", spikecolor: "var(--line-strong)" },
      yaxis: axis, hovermode: "x unified", hoverdistance: 60, bargap: 0.25, separators: `${(1.5).toLocaleString(language)[1]}\u202f`,
      hoverlabel: { bgcolor: "var(--raised)", bordercolor: "var(--line-strong)", font: { family: "Inter, sans-serif", size: 12, color: "var(--ink)" }, align: "left" },
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", font: { size: 11.5 }, itemsizing: "constant" },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: "var(--ink-3)", activecolor: "var(--accent)" }, dragmode: DRAG,
    },
  });
}

// Names of points are written where they cover no other name and fit the figure; the first points, the largest, choose.
function nameApart(box) {
  const { xaxis, yaxis } = box._fullLayout, { x, y, marker } = box.data[0], taken = [];
  const text = box.figure.data[0].text.map((name, n) => {
    const at = { x: xaxis.l2p(x[n]), y: yaxis.l2p(y[n]) - marker.size[n] / 2, half: name.length * 3.6 };
    const fits = name && at.x > at.half && at.x + at.half < xaxis._length && at.y > 12 && at.y < yaxis._length;
    if (!fits || taken.some((other) => Math.abs(other.x - at.x) < other.half + at.half && Math.abs(other.y - at.y) < 14)) return "";
    taken.push(at);
    return name;
  });
  Plotly.restyle(box, { text: [text] }, [0]);
}

let given = {};
export function take(figures) {
  given = figures;
  watch(document);
}

function draw(box) {
  const figure = given[box.dataset.chart] ?? JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const layout = { ...painted(figure.layout ?? {}), template: template(), height: box.clientHeight, autosize: true };
  if (box.dataset.range) layout.xaxis = { ...layout.xaxis, range: JSON.parse(box.dataset.range), autorange: false };
  const apart = figure.layout?.meta?.names === "apart";
  box.figure = figure;
  Plotly.react(box, painted(figure.data), layout, CONFIG).then(() => { if (apart) nameApart(box); });
  if (box.drawn) return;
  box.drawn = true;
  box.on("plotly_hover", () => withMinus(box));
  if (apart) box.on("plotly_relayout", () => nameApart(box));
  if (figure.layout?.meta?.sync === "x") follow(box);
  const { open: address, query } = figure.layout?.meta ?? {};
  if (address) box.on("plotly_click", ({ points }) => location.assign(`${address}${points[0].customdata[0]}/${query}`));
}

const synced = new Set();
let echo = false;
function follow(box) {
  synced.add(box);
  const others = () => [...synced].filter((other) => other !== box && other.isConnected);
  box.on("plotly_relayout", (change) => {
    if (echo) return;
    const from = change["xaxis.range[0]"], to = change["xaxis.range[1]"];
    if (!from && !change["xaxis.autorange"]) return;
    const next = from ? { "xaxis.range": [from, to], "xaxis.autorange": false } : { "xaxis.autorange": true };
    if (from) box.dataset.range = JSON.stringify([from, to]); else delete box.dataset.range;
    echo = true;
    Promise.all(others().map((other) => {
      if (from) other.dataset.range = box.dataset.range; else delete other.dataset.range;
      return Plotly.relayout(other, next);
    })).finally(() => { echo = false; });
  });
  box.on("plotly_hover", ({ points }) => others().forEach((other) => point(other, points[0].x)));
  box.on("plotly_unhover", () => others().forEach((other) => point(other)));
}

// The same day in the other charts of the page: a thin line over the plot.
function point(box, day) {
  const { _size: frame, xaxis } = box._fullLayout;
  const at = day === undefined ? NaN : xaxis.d2p(day);
  box.cursor ??= box.appendChild(Object.assign(document.createElement("i"), { className: "cursor" }));
  box.cursor.hidden = !(at >= 0 && at <= xaxis._length);
  if (!box.cursor.hidden) Object.assign(box.cursor.style, { left: `${frame.l + at}px`, top: `${frame.t}px`, height: `${frame.h}px` });
}

// Plotly writes a hyphen before a negative number in its hover box; every other number of the product has a minus.
function withMinus(box) {
  for (const text of box.querySelectorAll(".hoverlayer tspan, .hoverlayer text:not(:has(tspan))"))
    if (/(^|[\s:])-(?=\d)/.test(text.textContent) && !text.childElementCount) text.textContent = text.textContent.replace(/(^|[\s:])-(?=\d)/g, "$1\u2212");
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
}, { rootMargin: "200px" });
const watch = (part) => part.querySelectorAll("[data-chart]").forEach((box) => { if (!box.drawn) seen.observe(box); });

const redraw = () => document.querySelectorAll("[data-chart]").forEach((box) => { if (box.drawn) draw(box); });
document.addEventListener("look:changed", redraw);
document.addEventListener("htmx:load", (event) => watch(event.target));
// Room is made for the legend before it is written into its new lines, so it is laid out once more.
// The height it has must not be what holds its place open.
const again = (box) => {
  box.querySelector(".svg-container").style.height = "";
  return Plotly.Plots.resize(box).then(() => Plotly.relayout(box, { "legend.y": 1 }));
};
const refit = () => document.querySelectorAll("[data-chart]").forEach((box) => { if (box.drawn) again(box); });
document.addEventListener("fullscreenchange", refit);
// An iPhone gives the screen to no part of a page: there the panel fills the window, until the button or Escape.
const fill = (panel) => { panel.classList.toggle("filled"); refit(); };
function fullScreen(panel) {
  if (!document.fullscreenEnabled) fill(panel);
  else if (document.fullscreenElement) document.exitFullscreen();
  else panel.requestFullscreen();
}
document.addEventListener("keydown", (event) => {
  const filled = event.key === "Escape" && document.querySelector(".panel.filled");
  if (filled) fill(filled);
});

// Buttons of a panel: full screen, and a PNG at twice the size with title and date.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-full-screen], [data-png]");
  const panel = button?.closest(".panel");
  if (!panel) return;
  if ("fullScreen" in button.dataset) { fullScreen(panel); return; }
  const box = panel.querySelector("[data-chart]");
  if (!box) return;
  if (!box.drawn) draw(box);
  const title = button.dataset.png || panel.getAttribute("aria-label");
  const layout = { ...box.layout, paper_bgcolor: colour("var(--surface)"), title: { text: title, x: 0.01, y: 1, yref: "container", yanchor: "top", pad: { t: 14 }, font: { size: 14, color: colour("var(--ink)") } }, margin: { ...box.layout.margin, t: 72 } };
  Plotly.downloadImage({ data: box.data, layout, config: CONFIG }, { format: "png", scale: 2, width: box.clientWidth, height: box.clientHeight + 64, filename: title.replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase() });
});

if (!document.querySelector("[data-figures]")) watch(document);
