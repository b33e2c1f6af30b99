// The frame around every page: the theme, and the menu of the person.
(() => {
  "use strict";

  // The theme changes where it is chosen; the cookie that the server has set brings it to the next page.
  document.body.addEventListener("theme-chosen", (event) => {
    const { theme } = event.detail;
    document.documentElement.dataset.theme = theme;
    document.querySelector('meta[name="color-scheme"]').content = theme === "system" ? "light dark" : theme;
    for (const button of document.querySelectorAll("#theme button")) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
  });

  // Who takes a change back in its message goes back to where they came from.
  const said = document.getElementById("said");
  let cameFrom = null;
  said.addEventListener("focusin", (event) => {
    if (!said.contains(event.relatedTarget)) cameFrom = event.relatedTarget;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!cameFrom || document.activeElement !== document.body) return;
    (cameFrom.isConnected ? cameFrom : document.getElementById("content")).focus();
    cameFrom = null;
  });

  // The menu closes by a click beside it, and by Escape, which leaves the focus on its opener.
  const menu = document.querySelector("details.who");
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
