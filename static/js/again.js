// A form that is sent, or was shown again, has an address that shows it so: who comes back to it, or loads it anew,
// finds what was typed, or is told what came of it, and is not asked whether to send it once more. What was refused has
// the focus.
(() => {
  "use strict";

  const LONGEST = 2000; // signs: an address that browsers and what stands in front of a server commonly take
  const form = document.querySelector("form[data-again]");
  if (!form) return;

  // What is too long for an address is kept by this tab, under the key of the form.
  const key = form.elements.form_key.value;
  function remember() {
    const typed = [...new FormData(form)].filter(([name, value]) => value && name !== "csrfmiddlewaretoken");
    const address = `?${new URLSearchParams(typed)}`;
    if (address.length <= LONGEST) return history.replaceState(null, "", address);
    sessionStorage.setItem(key, JSON.stringify(typed));
    // Another address each time: a browser that goes back shows what it had kept of the same one.
    history.replaceState(null, "", `?${new URLSearchParams({ form_key: key, kept: Date.now() })}`);
  }
  for (const [name, value] of JSON.parse(sessionStorage.getItem(key) || "[]")) {
    const field = form.elements[name];
    if (field && !field.value) field.value = value;
  }
  if (form.dataset.again) {
    remember();
    [...form.querySelectorAll('[aria-invalid="true"]')].find((field) => field.offsetParent)?.focus();
  }

  // A page that the browser kept as it was left would show what was sent as if it still had to be.
  let sent = false;
  form.addEventListener("submit", () => {
    sent = true;
    remember();
  });
  window.addEventListener("pageshow", (event) => event.persisted && sent && location.reload());
})();
