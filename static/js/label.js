// The label's button: opens the browser's print dialog.
(() => {
  "use strict";

  const button = document.querySelector("[data-print]");
  button.hidden = false;
  button.addEventListener("click", () => window.print());
})();
