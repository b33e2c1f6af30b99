// After an act the row may be gone from its place: focus goes to the row that stands there now, never to another act.
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("#feed .row-link")];
  let act = null; // the form whose answer is awaited; other parts of the page ask for things of their own meanwhile
  let place = -1;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.target.closest("#feed li");
    if (!row) return;
    act = event.detail.requestConfig.elt;
    place = rows().indexOf(row.querySelector(".row-link"));
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!act || event.detail.requestConfig?.elt !== act) return;
    const lost = !document.activeElement || document.activeElement === document.body;
    if (lost) (rows()[place] || rows().at(-1) || document.getElementById("content")).focus();
    act = null;
  });
})();
