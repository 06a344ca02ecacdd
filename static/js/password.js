// A password can be looked at, and while one is chosen the page says which rule it does not meet yet. The server decides.
// The commonest of those that meet every other rule; the server knows twenty thousand.
const COMMON = new Set([
  "1q2w3e4r", "1qaz2wsx", "abc12345", "abcd1234", "asdf1234", "iloveyou1", "letmein1", "passw0rd", "password1",
  "password12", "password123", "q1w2e3r4", "qwer1234", "qwerty12", "qwerty123", "trustno1", "welcome1",
]);
const LACKS = {
  short: (text) => [...text].length < 8,
  upper: (text) => !/\p{Lu}/u.test(text),
  lower: (text) => !/\p{Ll}/u.test(text),
  digit: (text) => !/\p{Nd}/u.test(text),
};

/** What is said about the password, in the words of the element's data. */
function verdict(text, words) {
  if (!text) return "";
  const lacking = Object.keys(LACKS).filter((rule) => LACKS[rule](text)).map((rule) => words[rule]);
  if (lacking.length) return `${words.lacks} ${lacking.join(", ")}.`;
  if ([...text].length > 128) return words.long;
  return COMMON.has(text.toLowerCase()) ? words.common : words.met;
}

for (const button of document.querySelectorAll("[data-show-password]")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.hidden = false;
  button.addEventListener("click", () => show(input.type === "password"));
  input.form?.addEventListener("submit", () => show(false)); // so that no browser keeps it among what was typed in texts
}

for (const hint of document.querySelectorAll("[data-strength]")) {
  const input = document.getElementById(hint.dataset.strength);
  const say = () => {
    const said = verdict(input.value, hint.dataset);
    if (hint.textContent === said) return; // a screen reader hears only what changed
    hint.textContent = said;
    hint.classList.toggle("met", said === hint.dataset.met);
  };
  input.addEventListener("input", say);
  say();
}
