// A public log's Merkle tree (RFC 9162) in tiles, as five_asks_verify/tiles.py reads it: whole
// tiles of 256 hashes are asked for, and none of them is kept in the browser's cache.
const WIDTH = 256;
const HASH = 32;

// Its message names the words that the page has for it.
class Says extends Error {}

const hash = async (...content) => new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(content)));

async function get(path, missing = "away") {
  const answer = await fetch(`/ledger/${path}`, { cache: "no-store", credentials: "omit" }).catch(() => null);
  if (!answer?.ok) throw new Says(answer?.status === 404 ? missing : "away");
  return answer;
}

function treeOf(log, size) {
  const tiles = new Map();
  const node = (left, right) => hash(1, ...left, ...right);

  async function fetchTile(level, index) {
    const width = Math.min(WIDTH, Math.floor(size / WIDTH ** level) - index * WIDTH);
    const groups = String(index).padStart(3 * Math.ceil(String(index).length / 3), "0").match(/.../g);
    const path = [...groups.slice(0, -1).map((group) => `x${group}`), groups.at(-1)].join("/");
    const answer = await get(`${log}/tile/${level}/${path}${width < WIDTH ? `.p/${width}` : ""}`, "wrong");
    const hashes = new Uint8Array(await answer.arrayBuffer());
    if (hashes.length !== width * HASH) throw new Says("wrong");
    return hashes;
  }

  function tile(level, index) {
    const name = `${level}/${index}`;
    if (!tiles.has(name)) tiles.set(name, fetchTile(level, index));
    return tiles.get(name);
  }

  // Of a whole subtree; `index` counts those of its height.
  async function subtree(height, index) {
    const count = 2 ** (height % 8);
    const first = index * count;
    const hashes = await tile(Math.floor(height / 8), Math.floor(first / WIDTH));
    const start = (first % WIDTH) * HASH;
    let row = Array.from({ length: count }, (_, at) => hashes.subarray(start + at * HASH, start + (at + 1) * HASH));
    while (row.length > 1) {
      row = await Promise.all(row.filter((_, at) => at % 2 === 0).map((left, at) => node(left, row[2 * at + 1])));
    }
    return row[0];
  }

  // Of the leaves from `start` to `end`; the one at `place` is taken from `leaf`, not from a tile.
  async function root(start, end, place, leaf) {
    const count = end - start;
    if (count === 1 && start === place) return leaf;
    let height = 0;
    while (2 ** (height + 1) <= count) height++;
    const isWhole = 2 ** height === count;
    if (isWhole && (place < start || place >= end)) return subtree(height, start / count);
    const middle = start + 2 ** (isWhole ? height - 1 : height);
    return node(await root(start, middle, place, leaf), await root(middle, end, place, leaf));
  }

  return { leaf: (place) => subtree(0, place), rootWith: (leaf, place) => root(0, size, place, leaf) };
}
