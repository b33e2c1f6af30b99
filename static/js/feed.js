// After an act the row may be gone from its place: focus goes to the row that stands there now, never to another act.
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("#feed .row-link")];
  let place = -1;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.target.closest("#feed li");
    place = row ? rows().indexOf(row.querySelector(".row-link")) : -1;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const lost = !document.activeElement || document.activeElement === document.body;
    if (place >= 0 && lost) (rows()[place] || rows().at(-1) || document.getElementById("content")).focus();
    place = -1;
  });
})();
