// An order that was changed elsewhere while it is open here. The part about Excel is fetched anew whenever work on the
// workbook goes on, and carries the order's version. Where nobody is in the middle of something, the page follows by
// itself; otherwise it offers to.
(() => {
  "use strict";

  const SHOWN_SECONDS = 8;
  const CHANGED = "This order was changed meanwhile.";
  const $ = (selector, inside = document) => inside.querySelector(selector);
  const place = () => $("#meanwhile");
  const shown = () => Number($("#fields-form [name=expected_version]")?.value);
  const known = () => Number($("#excel-title")?.dataset.version);
  const announce = (name) => document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true }));

  // Somebody types, has typed, or is about to press something that would become something else under their hand.
  function inUse() {
    const fields = [...document.querySelectorAll(".order :is(input, select, textarea)")];
    return fields.some(typing.isTyped) || $(".order :is(input, select, textarea, button, a, summary, .unsaved):is(:hover, :focus)");
  }

  let following = null; // where it is told what is being fetched, as soon as that is shown
  let cameFrom = null;
  function look() {
    if (!place()) return;
    if (!(known() > shown())) end();
    else if (following !== place() && !$("button", place()) && !$(".order form.htmx-request")) begin();
  }
  function begin() {
    if (!announce("order-overtaken")) return;
    if (inUse()) offer();
    else follow();
  }
  function follow() {
    following = place();
    announce("order-newest");
  }
  function end() {
    if (following === place()) say();
    else if ($("button", place())) place().replaceChildren();
    following = null;
  }
  function settled() {
    const inVain = following === place() && known() > shown();
    if (inVain) following = null;
    if (inVain) offer();
    else look();
  }

  function offer() {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: "Show the newest" });
    button.addEventListener("focus", (event) => { cameFrom = event.relatedTarget; });
    button.addEventListener("click", () => {
      follow();
      const back = cameFrom?.isConnected ? cameFrom : $("#order-title");
      back.focus({ preventScroll: true });
    });
    tell(CHANGED, button);
  }
  function say() {
    tell(`${CHANGED} It is shown as it is now.`);
    const line = place().firstChild;
    const later = () => setTimeout(leave, SHOWN_SECONDS * 1000);
    const leave = () => (document.hidden ? document.addEventListener("visibilitychange", later, { once: true }) : line.remove());
    later();
  }
  function tell(text, ...more) {
    const line = document.createElement("div");
    line.append(Object.assign(document.createElement("p"), { textContent: text }), ...more);
    place().replaceChildren(line);
  }

  document.addEventListener("htmx:afterRequest", look);
  document.body.addEventListener("order-settled", settled);
})();
