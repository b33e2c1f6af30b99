// Background work in the header: how it stands at a glance, each run on request, and never over the page by itself.
(() => {
  "use strict";

  const MOST_RUNS_SHOWN = 5; // as many as a page is sent at once
  const WORDS = { open: " in progress", failed: " failed", done: "Done" };

  const panel = document.getElementById("runs");
  const mark = document.getElementById("running");
  const part = (name) => mark.querySelector(`[data-part="${name}"]`);
  const among = (...states) => [...panel.querySelectorAll("[data-run]")].filter((card) => states.includes(card.dataset.state));

  const SEEN_FOR = 60 * 60 * 24 * 60; // seconds: longer than failures are told

  // A failure is told on every page until it was looked at or its work was done, an end for as long as its card is there.
  function tell() {
    const open = among("queued", "running");
    const failed = among("failed");
    const state = failed.length ? "failed" : !open.length && among("succeeded").length ? "done" : "open";
    const many = failed.length || open.length;
    mark.dataset.state = state;
    mark.hidden = state === "open" && !many && document.activeElement !== mark; // the opener keeps the focus
    part("count").textContent = state === "done" ? "" : many >= MOST_RUNS_SHOWN ? `${MOST_RUNS_SHOWN}+` : many;
    part("word").textContent = WORDS[state];
    mark.querySelector("progress").value = state === "open" ? open.at(-1)?.querySelector("progress").value || 0 : 100;
  }
  new MutationObserver(tell).observe(panel, { childList: true, subtree: true, attributeFilter: ["data-state", "aria-valuenow"] });
  mark.addEventListener("blur", () => setTimeout(tell));
  tell();

  mark.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (wasOpen) return;
    panel.showPopover();
    document.getElementById("runs-title").focus();
  });
  // A press beside the panel closes it, one on its mark too: that one must not open it again.
  let wasOpen = false;
  mark.addEventListener("pointerdown", () => { wasOpen = panel.matches(":popover-open"); });
  mark.addEventListener("click", () => { wasOpen = false; });
  // What was looked at is noted in a cookie, so that no page tells of it again.
  function noteFailuresAsSeen() {
    const newest = among("failed").map((card) => card.dataset.ended).sort().at(-1);
    if (newest) document.cookie = `failures_seen=${encodeURIComponent(newest)}; path=/; max-age=${SEEN_FOR}; samesite=lax`;
  }
  if (document.getElementById("run-rows")) noteFailuresAsSeen(); // the list of them

  panel.addEventListener("toggle", (event) => {
    if (event.newState === "open") noteFailuresAsSeen();
    mark.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "closed" && document.activeElement === document.body) mark.focus();
  });
})();
