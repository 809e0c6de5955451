// Checks a signer's receipt against the public log (log_tree.js). The receipt stays here, and so
// does its leaf's hash.
const box = document.querySelector("[data-check]");
const form = box.querySelector("form");
const RECEIPT = /^([1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.([\w-]{43})$/;

function say(words, numbers = {}) {
  for (const line of box.querySelectorAll("[data-says]")) line.hidden = !words.includes(line.dataset.says);
  for (const [name, number] of Object.entries(numbers)) {
    box.querySelector(`[data-${name}]`).textContent = number.toLocaleString(document.documentElement.lang);
  }
  box.querySelector("[data-answer]").hidden = false;
}

const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt());
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

// Says nothing of it where the browser does not know Ed25519: then it is false.
async function isSigned(log, note) {
  const end = note.indexOf("\n\n");
  const [, name, encoded] = (await (await get(`${log}/key`)).text()).match(/^(.+?)\+[0-9a-f]{8}\+(.+)\n$/);
  const line = note.slice(end + 2).split("\n").find((each) => each.startsWith(`— ${name} `));
  if (!line || !note.startsWith(`${name}\n`)) throw new Says("wrong");
  const signature = bytes(line.split(" ")[2]).slice(4);
  const raw = bytes(encoded).slice(1);
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]).catch(() => null);
  if (!key) return false;
  const text = new TextEncoder().encode(note.slice(0, end + 1));
  if (!(await crypto.subtle.verify("Ed25519", key, signature, text))) throw new Says("wrong");
  return true;
}

const hasPlace = (places, place) =>
  places.split(",").filter(Boolean).some((run) => {
    const [first, last = first] = run.split("-").map(Number);
    return first <= place && place <= last;
  });

// What the log says last of a leaf: "withdrawn", "held", "released" or nothing.
async function fateOf(log, place) {
  const lines = (await (await get(`${log}/changes.txt`)).text()).split("\n").filter(Boolean);
  const changes = lines.map((line) => line.split("\t")[1].split(" "));
  return changes.filter(([, , places]) => hasPlace(places, place)).pop()?.[1];
}

async function letterOf(log, place) {
  const batches = await (await get(`${log}/batches.json`)).json();
  return batches.find((batch) => hasPlace(batch.places, place))?.number;
}

async function check(receipt) {
  const [, log, number, code] = receipt.match(RECEIPT) ?? [];
  if (!code) throw new Says("no-receipt");
  const note = await (await get(`${log}/checkpoint`, "no-log")).text();
  const root = note.split("\n")[2];
  const [place, size] = [number, note.split("\n")[1]].map(Number);
  const tree = treeOf(log, size);
  const leaf = await hash(0, ...bytes(code.replaceAll("-", "+").replaceAll("_", "/")));
  if (place >= size || !same(leaf, await tree.leaf(place))) throw new Says("unfit");
  if (!same(await tree.rootWith(leaf, place), bytes(root))) throw new Says("wrong");
  const words = ["found", (await isSigned(log, note)) ? "" : "unsigned"];
  const letter = await letterOf(log, place);
  const fate = await fateOf(log, place);
  words.push(fate, letter ? "letter" : fate === "withdrawn" || fate === "held" ? "" : "no-letter");
  say(words, { leaf: place + 1, size, letter: letter ?? 0 });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  say(["working"]);
  try {
    // Where the page is not secure, browsers have no crypto.subtle.
    if (!crypto.subtle) throw new Says("old");
    await check(form.querySelector("input").value.trim());
  } catch (problem) {
    say([problem instanceof Says ? problem.message : "wrong"]);
  }
});
// The Back button finds an empty field.
addEventListener("pagehide", () => form.reset());
box.hidden = false;
