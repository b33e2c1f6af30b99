// The focus stays where it was when what had it is replaced: after an act, or when news comes in.
(() => {
  "use strict";

  const panel = document.getElementById("bell-panel");
  if (!panel) return;
  let inside = false;
  panel.addEventListener("focusin", () => { inside = true; });
  // A button that is switched off or taken away loses the focus to nothing: that is no going elsewhere.
  panel.addEventListener("focusout", (event) => { inside = !event.relatedTarget || panel.contains(event.relatedTarget); });
  panel.addEventListener("toggle", (event) => { if (event.newState === "closed") inside = false; });
  // A list that is refreshed under somebody's hands gives the focus back to the same control of the same entry.
  const CONTROLS = "a, button, summary, input";
  let held;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const entry = document.activeElement.closest(".entry");
    held = entry && detail.target.contains(entry) && { name: entry.id, place: [...entry.querySelectorAll(CONTROLS)].indexOf(document.activeElement) };
  });
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (!held || document.activeElement !== document.body) return;
    const entry = detail.target.querySelector(`#${held.name}`);
    entry?.querySelectorAll(CONTROLS)[held.place]?.focus({ preventScroll: true });
  });
  // Where the control is gone, the panel's title takes it.
  document.addEventListener("htmx:afterSettle", () => {
    if (inside && document.activeElement === document.body) document.getElementById("bell-title")?.focus({ preventScroll: true });
  });
})();
