// A long list to choose from becomes a field to search in. The list itself stays in the form and holds the choice.
(() => {
  "use strict";

  for (const select of document.querySelectorAll("select[data-search]")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const options = [...select.options].filter((option) => option.value);
    const input = document.createElement("input");
    const list = document.createElement("datalist");
    list.id = `${select.id}_list`;
    list.append(...options.map((option) => new Option(option.text)));
    Object.assign(input, { id: `${select.id}_search`, autocomplete: "off", required: select.required });
    Object.assign(input, { placeholder: `Search ${options.length.toLocaleString("en-US")} by name` });
    input.setAttribute("list", list.id);
    for (const name of ["aria-invalid", "aria-describedby"]) {
      if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    }

    const plain = (text) => text.trim().toLowerCase();
    const show = () => {
      input.value = select.value ? select.selectedOptions[0].text : "";
      input.setCustomValidity("");
    };
    const take = () => {
      const chosen = options.find((option) => plain(option.text) === plain(input.value));
      select.value = chosen ? chosen.value : "";
      input.setCustomValidity(chosen || !input.value.trim() ? "" : "Please choose one from the list.");
    };
    const complete = () => {
      const fitting = options.filter((option) => plain(option.text).includes(plain(input.value)));
      if (input.value.trim() && !select.value && fitting.length === 1) {
        select.value = fitting[0].value;
        show();
      }
    };
    input.addEventListener("input", take);
    input.addEventListener("change", complete);
    // Enter takes what is typed; it does not send a form with a shop that nobody has seen yet.
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      complete();
      if (!select.value) input.reportValidity();
    });
    select.addEventListener("change", show);
    window.addEventListener("pageshow", () => select.value && show()); // what the browser filled in again

    select.after(input, list);
    select.required = false;
    select.hidden = true;
    label.htmlFor = input.id;
    show();
  }

  // "Choose" beside the form: at once, where a page without JavaScript asks the server.
  document.addEventListener("click", (event) => {
    const button = event.target.closest('button[name="take_shop"]');
    const select = button && document.querySelector("select[data-search]");
    if (!select) return;
    event.preventDefault();
    select.value = button.value;
    select.dispatchEvent(new Event("change"));
    select.nextElementSibling.focus();
  });
})();
