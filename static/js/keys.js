// The keyboard. Single keys can be switched off in the help sheet, whose links say which keys lead where.
(() => {
  "use strict";

  const OFF = "shortcuts-off";
  const SECOND_KEY_SECONDS = 1.5;
  const $ = (selector) => document.querySelector(selector);
  const box = $("#shortcuts");

  box.checked = !localStorage.getItem(OFF);
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));

  function walk(step) {
    const rows = [...document.querySelectorAll(".row-link")];
    const at = document.activeElement.closest("tr")?.querySelector(".row-link") || document.activeElement; // or its box
    const next = rows[rows.indexOf(at) + step] || (step > 0 ? rows.at(-1) : rows[0]);
    next?.focus();
    next?.closest("tr, li").scrollIntoView({ block: "nearest" });
  }
  const acts = {
    "/": () => $("#search")?.focus(),
    "?": () => $('[data-opens="keys"]').click(),
    z: () => $("#said .undo button")?.click(),
    j: () => walk(1),
    k: () => walk(-1),
  };
  const ways = new Map([...document.querySelectorAll("#keys [data-keys]")].map((link) => [link.dataset.keys, () => link.click()]));
  const firsts = new Set([...ways.keys()].filter((keys) => keys.includes(" ")).map((keys) => keys.split(" ")[0]));

  let first = ""; // of two keys, the one that was pressed already
  let forgetting;
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest("input:not(.pick), textarea, select, [contenteditable], dialog") || event.ctrlKey || event.metaKey || event.altKey;
    if (busy || !box.checked) return;
    const act = ways.get(first ? `${first} ${event.key}` : event.key) || acts[event.key];
    clearTimeout(forgetting);
    first = !act && firsts.has(event.key) ? event.key : "";
    if (first) forgetting = setTimeout(() => { first = ""; }, SECOND_KEY_SECONDS * 1000);
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
