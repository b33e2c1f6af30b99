// The focus stays in the bell's panel when what had it is replaced: after an act there, or when news comes in.
(() => {
  "use strict";

  const panel = document.getElementById("bell-panel");
  if (!panel) return;
  let inside = false;
  panel.addEventListener("focusin", () => { inside = true; });
  // A button that is switched off or taken away loses the focus to nothing: that is no going elsewhere.
  panel.addEventListener("focusout", (event) => { inside = !event.relatedTarget || panel.contains(event.relatedTarget); });
  panel.addEventListener("toggle", (event) => { if (event.newState === "closed") inside = false; });
  document.addEventListener("htmx:afterSettle", () => {
    if (inside && document.activeElement === document.body) document.getElementById("bell-title")?.focus({ preventScroll: true });
  });
})();
