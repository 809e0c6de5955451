// What a field's Markdown will look like, below it: opened by its button, then as one types.
const PAUSE = 300;
const waiting = new WeakMap();
const asked = new WeakMap();

async function refresh(place) {
  const button = place.querySelector("[formaction]");
  const typed = place.querySelector("textarea").value;
  const words = new FormData();
  words.append(button.name, "");
  words.append(button.name.slice("markdown-of:".length), typed);
  words.append("part", "1");
  words.append("csrfmiddlewaretoken", button.form.elements.csrfmiddlewaretoken.value);
  const number = (asked.get(place) ?? 0) + 1;
  asked.set(place, number);
  const html = await htmlOf(button.formAction, words);
  // Answers may overtake each other; the newest question counts.
  if (asked.get(place) !== number) return;
  const sample = place.querySelector(".markdown-sample");
  if (html === null) sample.textContent = sample.dataset.wrong;
  else sample.innerHTML = html;
}

async function htmlOf(address, words) {
  try {
    const answer = await fetch(address, { method: "POST", body: words });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

addEventListener("click", (event) => {
  const button = event.target.closest("[data-markdown] [formaction]");
  if (!button) return;
  event.preventDefault();
  refresh(button.closest("[data-markdown]"));
});

addEventListener("input", (event) => {
  const place = event.target.closest("[data-markdown]");
  if (!place || !asked.has(place)) return;
  clearTimeout(waiting.get(place));
  waiting.set(place, setTimeout(refresh, PAUSE, place));
});
