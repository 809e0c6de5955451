// htmx would write a stylesheet into the page and compile code; the policy allows neither.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;

// allauth tells only the console when a passkey was refused or put away.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const words of document.querySelectorAll("[data-key-failed]")) words.hidden = false;
});
