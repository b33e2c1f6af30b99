// After an act on an order the focus stays on what was pressed, if it is there still, or goes to the heading above it.
(() => {
  "use strict";

  let act = null;
  window.addEventListener("submit", ({ target: form, submitter }) => { // before the status is taken from here on
    if (form.closest(".order")) act = { form, button: submitter?.id, part: form.closest("section, header")?.id };
  }, true);
  function giveBack() {
    if (!act || document.activeElement !== document.body || act.form.matches(".htmx-request")) return;
    const button = document.getElementById(act.button);
    const heading = document.querySelector(`#${act.part} :is(h1, h2)`);
    act = null;
    if (button && !button.disabled) return button.focus({ preventScroll: true });
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  document.addEventListener("focusin", () => { act = null; }); // who went on is left alone
  document.addEventListener("htmx:afterSettle", giveBack);
  document.body.addEventListener("order-settled", giveBack);
})();
