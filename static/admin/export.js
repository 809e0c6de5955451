// How far an export is, while its page is open. Without scripts the page loads itself anew.
const PAUSE = 1500;
const card = document.querySelector("[data-export]");

async function look() {
  try {
    const answer = await fetch(card.dataset.export);
    if (answer.ok) show(await answer.json());
  } catch {
    // The next look may reach the server again.
  }
  setTimeout(look, PAUSE);
}

function show({ state, done, words }) {
  // In another state the page has other buttons.
  if (state !== card.dataset.state) {
    location.reload();
    return;
  }
  card.querySelector("progress").value = done;
  const said = card.querySelector("[data-export-words]");
  if (said.textContent !== words) said.textContent = words;
}

setTimeout(look, PAUSE);
