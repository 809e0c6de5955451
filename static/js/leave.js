// The quick exit: it hides the page at once, and the Back button does not lead here again.
const exit = document.querySelector(".leave");
let pressed = [];

function leave(event) {
  event.preventDefault();
  document.documentElement.hidden = true;
  location.replace(exit.href);
}

if (exit) {
  exit.addEventListener("click", leave);
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    // Three times within two seconds.
    pressed = [...pressed.slice(-2), event.timeStamp];
    if (pressed.length === 3 && event.timeStamp - pressed[0] < 2000) leave(event);
  });
}
