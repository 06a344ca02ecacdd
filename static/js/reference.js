// Stands before ReDoc, which puts sheets of its own into the page as soon as it is read: they get the nonce of this
// script, so that the policy lets them in and nobody else's.
const { nonce } = document.currentScript;
const create = document.createElement.bind(document);
document.createElement = (name, options) => {
  const element = create(name, options);
  if (name === "style") element.nonce = nonce;
  return element;
};

const place = document.getElementById("reference");
const head = document.querySelector(".site-head");

// ReDoc computes shades of its colours, so it gets values, not the names of tokens.
function colour(token) {
  place.style.color = `var(${token})`;
  const value = getComputedStyle(place).color;
  place.style.color = "";
  return value;
}

function theme() {
  const [ground, raised, line] = ["--ground", "--raised", "--line"].map(colour);
  const [ink, quiet, accent] = ["--ink", "--ink-2", "--accent"].map(colour);
  const [good, bad] = ["--good", "--bad"].map(colour);
  const style = getComputedStyle(document.body);
  const [sans, mono] = ["--sans", "--mono"].map((token) => style.getPropertyValue(token));
  return {
    colors: {
      primary: { main: accent },
      success: { main: good },
      error: { main: bad },
      text: { primary: ink, secondary: quiet },
      border: { dark: line, light: line },
      gray: { 50: raised, 100: raised },
    },
    typography: {
      fontFamily: sans,
      headings: { fontFamily: sans },
      code: { fontFamily: mono, color: ink, backgroundColor: raised },
      links: { color: accent, visited: accent, hover: ink },
    },
    schema: { nestedBackground: raised, linesColor: line, typeNameColor: quiet, typeTitleColor: quiet },
    sidebar: { backgroundColor: ground, textColor: ink },
    rightPanel: { backgroundColor: "#181b1f" }, // its text is light, on paper too
  };
}

document.addEventListener("DOMContentLoaded", () => {
  const options = {
    sanitize: true,
    hideLogo: true,
    scrollYOffset: () => (getComputedStyle(head).position === "sticky" ? head.offsetHeight : 0),
    disableSearch: true, // its worker would be a script out of nowhere; a browser finds words itself
    theme: theme(),
  };
  Redoc.init(place.dataset.document, options, place);
});
