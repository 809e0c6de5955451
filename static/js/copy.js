// Shows a copy button beside a field, where the browser lets a page write to the clipboard.
if (navigator.clipboard) {
  for (const copier of document.querySelectorAll("[data-copies]")) {
    const field = document.getElementById(copier.dataset.copies);
    const [button, status] = copier.children;
    button.addEventListener("click", async () => {
      field.select();
      await navigator.clipboard.writeText(field.value);
      status.textContent = copier.dataset.done;
    });
    copier.hidden = false;
  }
}
