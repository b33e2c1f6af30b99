// The list of orders: its filters open and close, narrow their list of shops, and focus stays among them.
(() => {
  "use strict";

  const panel = () => document.querySelector("details.filters");
  const opener = () => document.getElementById("filters-open");

  // The box that narrows a list of choices works only here, so it is shown only here.
  function ready(inside) {
    for (const box of inside.querySelectorAll("[data-narrows]")) box.hidden = false;
  }
  ready(document);
  document.addEventListener("htmx:afterSwap", () => ready(document));

  const plain = (text) => text.trim().toLowerCase();
  document.addEventListener("input", (event) => {
    const list = document.getElementById(event.target.dataset.narrows || "");
    if (!list) return;
    for (const choice of list.children) {
      const fits = plain(choice.textContent).includes(plain(event.target.value));
      choice.hidden = !fits && !choice.querySelector("input").checked;
    }
  });

  document.addEventListener("click", (event) => {
    const open = panel();
    if (open?.open && !open.contains(event.target)) open.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const open = panel();
    if (event.key !== "Escape" || !open?.open) return;
    open.open = false;
    opener().focus();
  });

  // What was chosen may be gone with the old list: focus goes to where it can be chosen anew.
  document.addEventListener("htmx:afterSettle", (event) => {
    const asked = event.detail.requestConfig?.elt;
    const lost = !document.activeElement || document.activeElement === document.body;
    if (lost && asked?.closest?.(".filters, .applied, .empty")) opener()?.focus();
  });
})();
