// A press acts once, and on what it was meant for.
(() => {
  "use strict";

  // A form that the browser sends by itself goes once: until the next page is there, or somebody came back to this one.
  // Where a file is the answer, no other page comes.
  const PATIENCE_SECONDS = 20; // who has stopped it, or stayed, may send it again
  let sent = new WeakMap();
  window.addEventListener("submit", (event) => {
    const { target: form, submitter, timeStamp } = event;
    if (event.defaultPrevented || form.getAttribute("method") !== "post" || submitter?.matches("[data-file]")) return;
    if (timeStamp - sent.get(form) < PATIENCE_SECONDS * 1000) event.preventDefault();
    else {
      sent.set(form, timeStamp);
      if (submitter?.dataset.sending) setTimeout(tellOf, 0, submitter); // what is switched off is not sent
    }
  });
  // Sending is never shown before it is true: the button says that it is on its way, for as long as it can't be pressed.
  const told = new Map(); // the words of the buttons that say so
  function tellOf(button) {
    told.set(button, button.textContent);
    button.textContent = button.dataset.sending;
    button.disabled = true;
    setTimeout(takeBack, PATIENCE_SECONDS * 1000, button);
  }
  function takeBack(button) {
    if (!told.has(button)) return;
    button.textContent = told.get(button);
    button.disabled = false;
    told.delete(button);
  }
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    sent = new WeakMap();
    [...told.keys()].forEach(takeBack);
  });

  // An answer can take away what was pressed, and another row's button comes to stand under the resting pointer. The
  // second click of a double click, or of somebody impatient, was not meant for that one: people need a moment to see it.
  const MOMENT_SECONDS = 1;
  const AT_REST = 10; // pixels
  let pressed = null;
  let changed = -Infinity;
  // All acts on one order go to one address; the next one of them has other words.
  const placeOf = (button) => button.getAttribute("formaction") ?? button.form?.getAttribute("action");
  const aimOf = (button) => [placeOf(button), button.value, button.textContent].join(" ");
  const isNear = ({ clientX, clientY }) => Math.hypot(clientX - pressed.x, clientY - pressed.y) < AT_REST;
  for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(name, ({ timeStamp }) => { changed = timeStamp; });
  document.addEventListener("pointermove", (event) => { if (pressed && !isNear(event)) pressed = null; }, true);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[type=submit]");
    if (!button || !event.detail) return; // a key presses what has the focus
    // The same button, made anew by the answer, is meant when it is pressed again.
    const isNew = pressed && button !== pressed.button && aimOf(button) !== pressed.aim && isNear(event);
    if (isNew && event.timeStamp - changed < MOMENT_SECONDS * 1000) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else pressed = { button, aim: aimOf(button), x: event.clientX, y: event.clientY };
  }, true);
})();
