// A note is never sent by itself, since a lost answer does not say whether it arrived, and it would be made twice. One that
// could not be sent says so beside its box until it is sent, or taken out of the box.
(() => {
  "use strict";

  const WAITS = "Not saved yet: this note waits for a click on “Add note”. It is not sent by itself.";
  const unsent = new Set(); // the addresses they go to: beside the list another order may be open meanwhile
  const formIn = (place) => place.querySelector('form[data-form="note"]');
  const isNote = (elt) => elt?.matches?.('form[data-form="note"]');

  function mark() {
    const form = formIn(document);
    if (!form) return;
    const there = form.querySelector(".unsaved");
    const waits = unsent.has(form.action) && form.elements.text.value.trim();
    if (!waits) there?.remove();
    else if (!there) form.querySelector(".actions").before(line());
  }
  function line() {
    const words = Object.assign(document.createElement("p"), { className: "unsaved", textContent: WAITS });
    words.setAttribute("role", "status");
    return words;
  }
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (!isNote(detail.elt)) return;
    unsent.delete(detail.elt.action);
    mark();
  });
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, ({ detail }) => {
      if (!isNote(detail.elt)) return;
      unsent.add(detail.elt.action);
      mark();
    });
  }
  document.addEventListener("input", (event) => isNote(event.target.form) && mark());
  document.addEventListener("htmx:afterSettle", mark); // its part of the page came anew, with what was typed
})();
