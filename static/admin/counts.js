// How many characters a field holds, of how many it may: the server counts too, this follows typing.
const numbers = new Intl.NumberFormat(document.documentElement.lang);

addEventListener("input", ({ target }) => {
  const count = document.querySelector(`[data-count-of="${CSS.escape(target.id)}"]`);
  if (!count) return;
  const length = [...target.value].length;
  count.querySelector("b").textContent = numbers.format(length);
  count.classList.toggle("too-long", length > Number(count.dataset.most));
});
