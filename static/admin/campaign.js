// htmx would write a stylesheet into the page and compile code; the policy allows neither.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
