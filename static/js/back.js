/* Record CE: Back shows the form as it was left, under the number it had, so that Submit leads to the entry on record.
   No browser stores the page: on Back it is loaded anew, with a new number. What was typed stays with this place in
   the tab's history, for whoever typed it. Without this script the form comes back empty, and nothing is sent twice. */
"use strict";

(() => {
  const form = document.getElementById("entry-form");
  const number = form?.elements.submission_id;
  const owner = form?.elements.typed_by;
  if (!number || !owner) return;

  const keep = () => {
    const values = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    const typed = values.filter(([, value]) => typeof value === "string");
    history.replaceState({ typed, owner: owner.value }, "");
  };

  const putBack = ({ typed }) => {
    const kept = (name) => typed.filter(([of]) => of === name).map(([, value]) => value);
    for (const control of form.elements) {
      const values = kept(control.name);
      if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
      else if (control === number || (control.type !== "hidden" && control.type !== "file" && values.length))
        control.value = values[0];
    }
    form.elements.activity_type.dispatchEvent(new Event("change", { bubbles: true }));
  };

  if (history.state?.typed && history.state.owner === owner.value) putBack(history.state);
  form.addEventListener("change", keep);
  form.addEventListener("submit", keep);
})();
