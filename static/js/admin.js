// What the theme and Django's own scripts leave out for people who hear a page.
document.addEventListener("DOMContentLoaded", () => {
  // The frame names no part of a page as its main one, to which they jump first.
  document.getElementById("content")?.setAttribute("role", "main");
  document.querySelectorAll("[data-chooses]").forEach(chooseAll);
  nameSearchedFields();
  new MutationObserver(nameSearchedFields).observe(document.body, { childList: true, subtree: true });
});

// One box that ticks all boxes of its form, and shows whether all, some or none are ticked. Without this it is hidden.
function chooseAll(all) {
  const boxes = [...all.form.querySelectorAll(`input[type=checkbox][name="${all.dataset.chooses}"]`)];
  const show = () => {
    all.checked = boxes.every((box) => box.checked);
    all.indeterminate = !all.checked && boxes.some((box) => box.checked);
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  all.form.addEventListener("change", (event) => event.target !== all && show());
  addEventListener("pageshow", show); // a browser that goes back ticks again what was ticked
  all.closest("label").hidden = boxes.length < 2;
}

// A field that is searched as one types is named by its value alone, and by nothing while it has none.
function nameSearchedFields() {
  for (const box of document.querySelectorAll('.select2-selection[aria-labelledby^="select2-"]')) {
    const value = box.querySelector(".select2-selection__rendered");
    const select = document.getElementById(value.id.replace(/^select2-|-container$/g, ""));
    const name = select?.labels?.[0]?.textContent.trim() || select?.name.split("-").pop().replaceAll("_", " ") || "Choose";
    box.setAttribute("aria-label", name);
    value.setAttribute("aria-label", name);
    box.removeAttribute("aria-labelledby");
    box.setAttribute("aria-describedby", value.id);
  }
}

// Where a page asks the server by itself, it says so when there is no answer.
function tellAway(away) {
  let told = document.getElementById("away");
  if (!told && away) {
    told = Object.assign(document.createElement("p"), { id: "away", className: "away", textContent: "The server does not answer. Nothing was saved; what you typed is still here." });
    told.setAttribute("role", "alert");
    document.body.append(told);
  }
  if (told) told.hidden = !away;
}
document.addEventListener("htmx:sendError", () => tellAway(true));
document.addEventListener("htmx:timeout", () => tellAway(true));
document.addEventListener("htmx:afterOnLoad", () => tellAway(false));
