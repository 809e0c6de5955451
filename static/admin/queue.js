// Names one after the other: a key decides at once, and the next one is in front.
const queue = document.querySelector("[data-queue]");
const rows = queue ? [...queue.children] : [];
const decided = [];
let current = 0;

function go(to) {
  current = Math.max(0, Math.min(rows.length - 1, to));
  rows.forEach((row, place) => row.toggleAttribute("data-current", place === current));
  rows[current].focus({ preventScroll: true });
  rows[current].scrollIntoView({ block: "nearest" });
}

async function post(row, decision) {
  const form = row.querySelector("form");
  const data = new FormData(form);
  data.set("do", decision);
  let answer = { done: false, words: queue.dataset.failed };
  try {
    const response = await fetch(location.pathname, {
      method: "POST",
      body: new URLSearchParams(data),
      headers: { "X-Requested-With": "fetch" },
      redirect: "error",
    });
    if (response.ok) answer = await response.json();
  } catch {
    // The words for it are there already.
  }
  row.querySelector("[role=status]").textContent = answer.words;
  const waits = (decision === "undo") === answer.done;
  row.toggleAttribute("data-decided", !waits);
  for (const button of form.querySelectorAll("button")) {
    button.hidden = (button.value === "undo") === waits;
  }
}

// What is taken back at once still comes after what it takes back.
const sent = new Map();
function send(row, decision) {
  sent.set(row, (sent.get(row) ?? Promise.resolve()).then(() => post(row, decision)));
}

function decide(row, decision) {
  if (row.hasAttribute("data-decided")) return;
  if (!row.querySelector(`button[value=${decision}]`)) return;
  row.setAttribute("data-decided", "");
  decided.push(row);
  send(row, decision);
  const next = rows.findIndex(
    (each, place) => place > rows.indexOf(row) && !each.hasAttribute("data-decided"),
  );
  if (next >= 0) go(next);
}

function takeBack() {
  const row = decided.pop();
  if (!row) return;
  go(rows.indexOf(row));
  send(row, "undo");
}

const keys = {
  a: () => decide(rows[current], "show"),
  h: () => decide(rows[current], "hide"),
  j: () => go(current + 1),
  k: () => go(current - 1),
  z: takeBack,
};

if (rows.length) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=hidden]), textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
  queue.addEventListener("submit", (event) => {
    event.preventDefault();
    const row = event.target.closest("li");
    const decision = event.submitter.value;
    if (decision === "undo") send(row, decision);
    else decide(row, decision);
  });
  go(0);
}
