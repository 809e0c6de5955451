// ALTCHA's proof of work while somebody fills in the form. Without it the mail only comes later.
const words = document.querySelector("[data-proof]");
const form = words?.closest("form");

const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hex = (bits) => Array.from(new Uint8Array(bits), (byte) => byte.toString(16).padStart(2, "0")).join("");

// The counter whose key begins with the prefix; each key is derived from nonce and counter.
async function solve({ nonce, salt, cost, keyLength, keyPrefix }) {
  const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
  const place = new DataView(password.buffer, password.length - 4);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  for (let counter = 0; ; counter++) {
    place.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(await crypto.subtle.deriveBits(how, key, 8 * keyLength));
    if (derivedKey.startsWith(keyPrefix)) return { counter, derivedKey };
  }
}

async function prove() {
  const answer = await fetch(words.dataset.proof);
  if (answer.status !== 200) return;
  words.textContent = words.dataset.working;
  const challenge = await answer.json();
  const solution = await solve(challenge.parameters);
  form.elements.proof.value = btoa(JSON.stringify({ challenge, solution }));
  words.textContent = words.dataset.done;
}

// Where the page is not secure, browsers have no crypto.subtle: the words stay as they are.
if (form && crypto.subtle) {
  form.addEventListener("input", () => prove().catch(() => {}), { once: true });
}
