// The bell: its panel beside the page, and lists that wait with refreshing while somebody types in them.
(() => {
  "use strict";

  const panel = document.getElementById("bell-panel");
  if (!panel) return;
  const bell = () => document.getElementById("bell");

  async function open() {
    panel.showPopover();
    await htmx.ajax("GET", bell().dataset.panel, { target: "#bell-panel", swap: "innerHTML" });
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
      panel.replaceChildren();
    }
  });

  // A refresh that nobody asked for never takes away what somebody is typing.
  const typedIn = (part) => [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue || field === document.activeElement);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, triggeringEvent } = event.detail.requestConfig;
    const unasked = ["queue-changed", "line-open", "run-finished"].includes(triggeringEvent?.type);
    if (unasked && typedIn(elt)) event.preventDefault();
  });

  // Sending is never shown before it is true: the button says that it is on its way, and can't be pressed twice.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.dataset.sending) setTimeout(() => { button.textContent = button.dataset.sending; button.disabled = true; }, 0);
  });
})();
