// The letter as it would go out, beside its words and as one types. Without scripts the button that
// stands above it shows the same in a page of its own.
const PAUSE = 400;
// What all texts of a form share; `about` is the petition that news leads to.
const SHARED = new Set(["csrfmiddlewaretoken", "about"]);
const waiting = new WeakMap();
const asked = new WeakMap();

async function refresh(place) {
  const form = place.closest("form");
  const button = place.parentElement.querySelector("[formaction]");
  const prefix = prefixOf(place);
  const words = new FormData();
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith(prefix) || SHARED.has(name)) words.append(name, value);
  }
  words.append("part", "1");
  const number = (asked.get(place) ?? 0) + 1;
  asked.set(place, number);
  const samples = await samplesOf(button.formAction, words);
  // Answers may overtake each other; the newest question counts.
  if (asked.get(place) !== number) return;
  if (samples === null) place.textContent = place.dataset.wrong;
  else place.innerHTML = samples;
}

async function samplesOf(address, words) {
  try {
    const answer = await fetch(address, { method: "POST", body: words });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

// "texts-0-", by which Django names the fields of one text.
function prefixOf(place) {
  return textOf(place).querySelector("[name$='-language']").name.replace(/language$/, "");
}

function textOf(part) {
  return part.closest(".form-group");
}

function soon(place) {
  clearTimeout(waiting.get(place));
  waiting.set(place, setTimeout(refresh, PAUSE, place));
}

addEventListener("input", (event) => {
  const place = textOf(event.target)?.querySelector("[data-letter-sample]");
  if (place) soon(place);
});

// A text's place is filled when it comes into sight, behind its tab or below.
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    refresh(target);
  }
});
for (const place of document.querySelectorAll("[data-letter-sample]")) {
  if (!place.closest(".empty-form")) seen.observe(place);
}
