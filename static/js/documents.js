// Documents of an order: files are dropped or photographed, and how far an upload is.
(() => {
  "use strict";

  const formOf = (element) => element.closest?.(".document-drop");
  const area = () => document.querySelector(".document-drop");

  function enhance() {
    const form = area();
    if (!form) return;
    form.querySelector(".document-hint").hidden = false;
    // Only where a camera is at hand: a finger points there, and the page can be carried about.
    form.querySelector(".document-camera").hidden = !matchMedia("(pointer: coarse)").matches;
  }
  enhance();
  document.addEventListener("htmx:afterSwap", enhance);

  function isOfFiles(event) {
    return [...(event.dataTransfer?.types || [])].includes("Files");
  }
  document.addEventListener("dragover", (event) => {
    const form = area();
    if (!form || !isOfFiles(event)) return;
    event.preventDefault(); // a file that misses the area must not replace the page
    event.dataTransfer.dropEffect = formOf(event.target) ? "copy" : "none";
    form.classList.toggle("over", Boolean(formOf(event.target)));
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) area()?.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    const form = area();
    if (!form || !isOfFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    if (!formOf(event.target) || !event.dataTransfer.files.length) return;
    form.elements.files.files = event.dataTransfer.files;
    form.requestSubmit();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.matches?.(".document-camera")) return;
    const form = formOf(event.target);
    const camera = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
    camera.setAttribute("capture", "environment"); // as a property only phones know it
    camera.addEventListener("change", () => {
      if (!camera.files.length) return;
      form.elements.files.files = camera.files;
      form.elements.kind.value = "photo";
      form.requestSubmit();
    });
    camera.click();
  });

  // What was pressed may be gone with the old list.
  document.addEventListener("htmx:afterSettle", (event) => {
    const lost = !document.activeElement || document.activeElement === document.body;
    if (lost && event.target.id === "documents") document.getElementById("documents-title").focus({ preventScroll: true });
  });

  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.querySelector?.(".document-progress");
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.value = (100 * event.detail.loaded) / event.detail.total;
  });
})();
