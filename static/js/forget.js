// A page whose address holds a secret, or tells what was done, leaves a plain address in the
// history. Its forms name their own addresses, so they work afterwards; without scripts too.
const { address } = document.querySelector("script[data-address]").dataset;
history.replaceState(null, "", address);
