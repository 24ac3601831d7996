/* Record CE: what was typed is not lost on the way. No browser stores the page: each visit loads it.
   - Back shows the form as it was left, under the number it had, so that Submit leads to the entry on
     record. What was typed stays with this place in the tab's history. Without this script the form
     comes back empty, and nothing is sent twice.
   - Switching the language leads back here and keeps what was typed for that one step. The member
     attests again in the other language.
   Both keep it only for the person who typed it.
   This script stands after the others: it tells them what it puts back. */

(() => {
  const form = document.getElementById("entry-form");
  const owner = form?.elements.typed_by;
  if (!owner) return;
  const number = form.elements.submission_id; // an amended entry has its revision instead
  const asItWas = [number, form.elements.revision];

  const typed = () => {
    const values = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    return values.filter(([, value]) => typeof value === "string");
  };

  const putBack = (typed) => {
    const kept = (name) => typed.filter(([of]) => of === name).map(([, value]) => value);
    for (const control of form.elements) {
      const values = kept(control.name);
      if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
      else if (asItWas.includes(control) || (control.type !== "hidden" && control.type !== "file" && values.length))
        control.value = values[0];
      const fold = control.type === "text" && control.value && control.closest("details.fold");
      if (fold) fold.open = true;
    }
    form.elements.certifications?.[1]?.dispatchEvent(new Event("change", { bubbles: true }));
    form.elements.activity_type.dispatchEvent(new Event("change", { bubbles: true }));
  };

  if (number) {
    const keep = () => history.replaceState({ typed: typed(), owner: owner.value }, "");
    if (history.state?.typed && history.state.owner === owner.value) putBack(history.state.typed);
    form.addEventListener("change", keep);
    form.addEventListener("submit", keep);
  }

  const KEPT = "typed-before-the-switch";
  const address = location.pathname + location.search;
  document.querySelector(".languages")?.addEventListener("submit", () => {
    const kept = typed().filter(([name]) => name !== "attested");
    sessionStorage.setItem(KEPT, JSON.stringify({ typed: kept, owner: owner.value, address }));
  });
  const kept = JSON.parse(sessionStorage.getItem(KEPT));
  sessionStorage.removeItem(KEPT);
  if (kept?.owner === owner.value && kept.address === address) putBack(kept.typed);
})();
