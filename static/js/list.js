// The list of orders: its filters open and close, narrow their list of shops, and focus stays among them; what is
// selected is counted, and stays selected while the rows are refreshed.
(() => {
  "use strict";

  const panels = () => document.querySelectorAll("details.filters[open]");
  const opener = () => document.getElementById("filters-open");

  // What works only here is shown only here.
  function ready() {
    for (const box of document.querySelectorAll("[data-narrows], #select-all")) box.hidden = false;
    count();
  }

  const picks = () => [...document.querySelectorAll("#rows tbody .pick")];
  const numberOf = (pick) => pick.value.split("-")[0];
  function count() {
    const line = document.getElementById("selected");
    if (!line) return;
    const all = picks();
    const chosen = all.filter((pick) => pick.checked).length;
    const whole = document.getElementById("select-whole");
    if (whole && chosen < all.length) whole.checked = false;
    const meant = whole?.checked ? Number(whole.value).toLocaleString("en") : chosen;
    const told = chosen ? `${meant} selected` : "";
    if (line.textContent !== told) line.textContent = told;
    const every = document.getElementById("select-all");
    if (!every) return; // it went with the last row
    every.checked = chosen === all.length;
    every.indeterminate = chosen > 0 && chosen < all.length;
  }
  let last = ""; // with Shift, everything from here on
  document.addEventListener("click", (event) => {
    const pick = event.target.closest("#rows tbody .pick");
    if (!pick) return;
    const all = picks();
    const [from, to] = [all.findIndex((other) => other.id === last), all.indexOf(pick)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const other of all.slice(from, to + 1)) other.checked = pick.checked;
    last = pick.id;
    count();
  });
  document.addEventListener("change", (event) => {
    if (!["select-all", "select-whole"].includes(event.target.id)) return;
    for (const pick of picks()) pick.checked = event.target.checked;
    count();
  });
  document.addEventListener("reset", () => setTimeout(() => {
    count();
    if (document.activeElement === document.body) document.getElementById("filters-open").focus();
  }));

  // Rows come anew when something was written to Excel: what was selected stays so, at the version that is shown now.
  // The browser's focus stays by its element's id; where the whole row is gone, the one in its place gets it.
  let selected = new Set();
  let wasWhole = false;
  let place = -1;
  const rows = () => [...document.querySelectorAll("#rows tbody tr")];
  document.addEventListener("htmx:beforeSwap", (event) => {
    const again = event.target.id === "rows";
    selected = new Set(again ? picks().filter((pick) => pick.checked).map(numberOf) : []);
    wasWhole = again && Boolean(document.getElementById("select-whole")?.checked);
    place = again ? rows().findIndex((row) => row.contains(document.activeElement)) : -1;
  });
  document.addEventListener("htmx:afterSwap", () => {
    const whole = document.getElementById("select-whole"); // also those that came from another page
    if (whole) whole.checked ||= wasWhole; // it came anew, with the list's length
    for (const pick of picks()) pick.checked ||= whole?.checked || selected.has(numberOf(pick));
    ready();
  });
  window.addEventListener("pageshow", ready); // what the browser filled in again
  ready();

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
    for (const open of panels()) if (!open.contains(event.target)) open.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of panels()) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });

  // What was chosen may be gone with the old list: focus goes to where it can be chosen anew.
  document.addEventListener("htmx:afterSettle", (event) => {
    const asked = event.detail.requestConfig?.elt;
    const lost = !document.activeElement || document.activeElement === document.body;
    if (!lost) return;
    if (place >= 0) (rows().at(Math.min(place, rows().length - 1))?.querySelector(".row-link") || opener()).focus();
    else if (asked?.closest?.(".filters, .applied, .empty")) opener()?.focus();
  });
})();
