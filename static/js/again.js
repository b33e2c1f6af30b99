// A form that was shown again has an address that shows it so: who comes back to it, or loads it anew, finds what was
// typed, and is not asked whether to send it once more. What was refused has the focus.
(() => {
  "use strict";

  const LONGEST = 2000; // signs: an address that browsers and what stands in front of a server commonly take
  const form = document.querySelector("form[data-again]");
  if (!form) return;
  const typed = [...new FormData(form)].filter(([name, value]) => value && name !== "csrfmiddlewaretoken");
  const address = `?${new URLSearchParams(typed)}`;
  if (address.length <= LONGEST) history.replaceState(null, "", address);
  [...form.querySelectorAll('[aria-invalid="true"]')].find((field) => field.offsetParent)?.focus();
})();
