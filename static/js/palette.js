// The command palette and the help sheet: dialogs of every page, opened by a key or a button.
(() => {
  "use strict";

  const $ = (selector) => document.querySelector(selector);
  const dialog = $("#palette"); // not on the palette's own page
  const place = dialog || $("#content");
  const input = $("#palette-q");
  const found = () => $("#palette-found");
  const hits = () => [...found().querySelectorAll(".hit")];
  const wanted = () => input.value.trim().split(/\s+/).join(" ");

  function open(one) {
    for (const other of document.querySelectorAll("dialog[open]")) other.close();
    const { id } = document.activeElement;
    one.showModal();
    // The browser gives the focus back; where the opener was refreshed meanwhile, its successor gets it.
    one.addEventListener("close", () => {
      const lost = document.activeElement === document.body || one.contains(document.activeElement);
      if (id && lost) document.getElementById(id)?.focus();
    }, { once: true });
    if (one !== dialog) return;
    input.value = "";
    input.focus();
    input.dispatchEvent(new Event("palette-opened"));
  }
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    const opens = opener && document.getElementById(opener.dataset.opens);
    if (opens && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      opener.closest("details")?.removeAttribute("open");
      open(opens);
    } else if (event.target.closest("[data-closes]") || event.target.matches("dialog")) {
      event.target.closest("dialog").close(); // also by a click beside it
    }
  });
  document.addEventListener("keydown", (event) => {
    const asked = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
    if (!asked) return;
    event.preventDefault();
    if (!dialog) input.focus();
    else if (dialog.open) dialog.close();
    else open(dialog);
  });

  // Arrows walk from the field through what was found; a letter goes back to the field.
  place.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && dialog && !event.isComposing) { // the field of a search would only be emptied
      event.preventDefault();
      return dialog.close();
    }
    const all = hits();
    const here = all.indexOf(document.activeElement);
    if (here < 0 && document.activeElement !== input) return;
    if (event.key === "ArrowDown") (all[here + 1] || all[here] || input).focus();
    else if (event.key === "ArrowUp") (all[here - 1] || input).focus();
    else if (here >= 0 && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) return input.focus();
    else return;
    event.preventDefault();
  });

  // Enter in the field takes the first that was found for what stands in it, even if that is still on its way.
  let going = false;
  function go() {
    if (found().dataset.for !== wanted()) return;
    going = false;
    hits()[0]?.click();
  }
  input.form.addEventListener("submit", (event) => {
    event.preventDefault();
    going = true;
    go();
  });
  input.addEventListener("input", () => { going = false; });
  dialog?.addEventListener("close", () => { going = false; });
  document.addEventListener("htmx:afterSettle", () => going && go());

  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    for (const key of document.querySelectorAll("[data-modifier]")) key.textContent = "⌘";
  }
})();
