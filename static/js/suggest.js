/* Offers the page in the language that the browser prefers, if it is one of ours and another one. */
const lines = [...document.querySelectorAll(".suggestion")];
const known = new Map(lines.map((line) => [line.lang, line]));
known.set(document.documentElement.lang, null);

const preferred = navigator.languages
  .map((wish) => wish.toLowerCase().split("-")[0])
  .find((language) => known.has(language));

known.get(preferred)?.removeAttribute("hidden");
