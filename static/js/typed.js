// What a field holds, and what the server wrote there: where the two differ, a person has typed or chosen.
const typing = (() => {
  "use strict";

  const isTicked = (field) => field.type === "checkbox" || field.type === "radio";
  const chosenByServer = (select) => [...select.options].find((option) => option.defaultSelected) || select.options[0];
  function defaultOf(field) {
    if (isTicked(field)) return field.defaultChecked;
    return field.tagName === "SELECT" ? (chosenByServer(field)?.value ?? "") : field.defaultValue;
  }
  const valueOf = (field) => (isTicked(field) ? field.checked : field.value);
  function setValue(field, value) {
    if (isTicked(field)) field.checked = value;
    else field.value = value;
  }
  const read = (form) => [...form.elements].map((field) => [field.id, valueOf(field)]); // as it is now; it may change
  const isTyped = (field) => !["hidden", "submit", "file"].includes(field.type) && valueOf(field) !== defaultOf(field);
  return { defaultOf, isTyped, read, setValue, valueOf };
})();
