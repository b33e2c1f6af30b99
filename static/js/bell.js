// The bell: its panel beside the page, and lists that wait with refreshing while somebody types in them.
(() => {
  "use strict";

  const panel = document.getElementById("bell-panel");
  if (!panel) return;
  const bell = () => document.getElementById("bell");

  const fieldsOf = (part) => [...part.querySelectorAll("input:not([type=hidden]), textarea")];
  const isTyped = (field) => field.value !== field.defaultValue; // a row that is ticked comes anew with its tick
  const isWritten = () => fieldsOf(panel).some(isTyped); // a reason that is not sent yet stays

  async function open() {
    panel.showPopover();
    if (!isWritten()) await htmx.ajax("GET", bell().dataset.panel, { target: "#bell-panel", swap: "innerHTML" });
    document.getElementById("bell-title")?.focus();
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("#bell") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (panel.matches(":popover-open")) panel.hidePopover();
      else open();
    } else if (event.target.closest("[data-close-bell]")) {
      panel.hidePopover();
    }
  });
  panel.addEventListener("toggle", (event) => {
    bell().setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "closed") {
      if (panel.contains(document.activeElement) || document.activeElement === document.body) bell().focus();
      if (!isWritten()) panel.replaceChildren();
    }
  });

  // The panel shows one tab. It is chosen here, so that no refresh that is on its way can take it back.
  const chosen = () => document.getElementById("bell-tab");
  panel.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-bell-tab]");
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    chosen().value = tab.dataset.bellTab;
    for (const other of panel.querySelectorAll("[data-bell-tab]")) other.toggleAttribute("aria-current", other === tab);
    tab.setAttribute("aria-current", "true");
    htmx.trigger("#bell-list", "tab-chosen");
  });
  panel.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig } = event.detail;
    if (target.id === "bell-list" && requestConfig.formData.get("tab") !== chosen().value) event.detail.shouldSwap = false;
  });

  // A refresh that nobody asked for waits: it never takes away what somebody types or has opened, nor a button that is
  // being pressed, whose click would be lost with it, nor a form whose answer is on its way and would find no place.
  const UNASKED = ["queue-changed", "line-open", "run-started", "run-finished", "runs-changed"];
  const putOff = new Set();
  let pressed = false;
  const inUse = (part) => part.querySelector("details[open], form.htmx-request") || fieldsOf(part).some((field) => isTyped(field) || field === document.activeElement);
  // Nor does it take away what the pointer rests on: what was just decided stays until it leaves, or the next one's button
  // would come to stand there.
  const losesPlace = ({ target, serverResponse }) => {
    const entry = target.querySelector(".entry:hover");
    return entry && !serverResponse.includes(`id="${entry.id}"`);
  };
  const unasked = (event) => UNASKED.find((name) => name === event.detail.requestConfig.triggeringEvent?.type);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!unasked(event) || !inUse(event.detail.requestConfig.elt)) return;
    putOff.add(unasked(event));
    event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!unasked(event) || !(pressed || inUse(event.detail.target) || losesPlace(event.detail))) return;
    putOff.add(unasked(event));
    event.detail.shouldSwap = false;
  });
  function catchUp() {
    const names = [...putOff];
    putOff.clear();
    for (const name of names) document.body.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  }
  const release = () => setTimeout(() => { pressed = false; catchUp(); }, 0);
  document.addEventListener("pointerdown", () => { pressed = true; }, true);
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);
  document.addEventListener("dragend", release, true);
  document.addEventListener("focusout", () => setTimeout(catchUp, 0));
  document.addEventListener("pointerout", ({ target, relatedTarget }) => {
    const entry = target.closest(".entry");
    if (entry && !entry.contains(relatedTarget)) catchUp();
  });
  document.addEventListener("htmx:afterRequest", (event) => event.detail.requestConfig?.elt.matches("form") && setTimeout(catchUp, 0));
  document.addEventListener("toggle", () => setTimeout(catchUp, 0), true);
})();
