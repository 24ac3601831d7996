/* Record CE: find an activity type by typing, and see what the chosen one asks for.
   The list of activity types keeps the value; without this script it is the way to choose. */
"use strict";

(() => {
  const list = document.querySelector("select[name='activity_type']");
  const finder = document.getElementById("finder");
  const chosenKind = document.getElementById("chosen-kind");
  if (!list || !finder || !chosenKind) return;

  const fold = (text) =>
    text
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase();

  /* A word fits without the end of its plural too. Part of a word fits, so what is left may be too short. */
  const without = (word, end) =>
    word.endsWith(end) && word.length > end.length + 2 ? word.slice(0, word.length - end.length) : word;
  const fits = (text) => (word) => ["", "s", "es", "ies"].some((end) => text.includes(without(word, end)));

  const describedBy = (code) => document.querySelector(`#kinds [data-kind="${CSS.escape(code)}"]`);

  const kinds = [...list.options]
    .filter((option) => option.value)
    .map((option) => {
      const category = option.parentElement.label || "";
      const described = describedBy(option.value);
      const guidance = [...(described?.closest("[data-category]").querySelectorAll(":scope > p") || [])];
      // From the nearest to the farthest: what is found in the name is shown first.
      const own = `${option.label} ${option.dataset.words || ""} ${described?.textContent || ""}`;
      const all = [own, category, ...guidance.map((paragraph) => paragraph.textContent)].join(" ");
      return { code: option.value, name: option.label, category, texts: [option.label, own, all].map(fold) };
    });

  /* What the chosen type asks for, as the help below the list has it. */
  const showChosen = () => {
    const described = list.value && describedBy(list.value);
    const shown = document.createElement("dl");
    if (described) shown.append(described.cloneNode(true));
    chosenKind.replaceChildren(...(described ? [shown] : []));
  };

  const words = finder.querySelector("[role='combobox']");
  const found = finder.querySelector("[role='listbox']");
  const said = finder.querySelector("[role='status']");
  let active = -1;

  const fitting = () => {
    const wanted = fold(words.value).split(/\s+/).filter(Boolean);
    if (!wanted.length) return [];
    const farness = ({ texts }) => texts.findIndex((text) => wanted.every(fits(text)));
    return kinds.filter((kind) => farness(kind) >= 0).sort((one, other) => farness(one) - farness(other));
  };

  const optionFor = (kind, place) => {
    const option = document.createElement("li");
    const category = document.createElement("small");
    option.id = `finder-found-${place}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.code = kind.code;
    category.textContent = kind.category;
    option.append(kind.name, " ", category);
    return option;
  };

  const activate = (place) => {
    active = place;
    [...found.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
    if (place < 0) {
      words.removeAttribute("aria-activedescendant");
    } else {
      words.setAttribute("aria-activedescendant", found.children[place].id);
      found.children[place].scrollIntoView({ block: "nearest" });
    }
  };

  const open = (isOpen) => {
    found.hidden = !isOpen;
    words.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) activate(-1);
  };

  const search = () => {
    const fit = fitting();
    found.replaceChildren(...fit.map(optionFor));
    activate(-1);
    open(fit.length > 0);
    const { none, one, many } = finder.dataset;
    if (!words.value.trim()) said.textContent = "";
    else if (!fit.length) said.textContent = none;
    else said.textContent = fit.length === 1 ? one : many.replace("{count}", fit.length);
  };

  const choose = (option) => {
    const kind = kinds.find(({ code }) => code === option.dataset.code);
    open(false);
    words.value = kind.name;
    said.textContent = finder.dataset.chosen.replace("{name}", kind.name);
    list.value = kind.code;
    list.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const move = (step) => {
    if (found.hidden) search();
    const count = found.children.length;
    if (!found.hidden) activate(active < 0 && step < 0 ? count - 1 : (active + step + count) % count);
  };

  words.addEventListener("input", search);
  words.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault(); // it chooses here, and never submits
      if (!found.hidden) {
        const wanted = found.children[active] || (found.children.length === 1 && found.children[0]);
        if (wanted) choose(wanted);
      }
    } else if (event.key === "Escape" && !found.hidden) {
      event.preventDefault();
      open(false);
    } else if (event.key === "Tab" && active >= 0) {
      choose(found.children[active]);
    }
  });
  words.addEventListener("blur", () => open(false));
  found.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the box
  found.addEventListener("click", (event) => {
    const option = event.target.closest("[role='option']");
    if (option) choose(option);
  });

  list.addEventListener("change", () => {
    if (list.selectedOptions[0]?.label !== words.value) words.value = said.textContent = "";
    showChosen();
  });
  // A page that comes back may have the list as it was left.
  window.addEventListener("pageshow", showChosen);
})();

/* Record CE: while the form is filled in, the server says what the entry would count for.
   The button "Preview" asks the same without this script. Nothing is recorded by it. */

(() => {
  const WAIT = 500; // milliseconds without a change before the server is asked
  const form = document.querySelector("form[data-preview]");
  const place = document.getElementById("preview-place");
  const said = document.getElementById("preview-said");
  if (!form || !place || !said) return;

  let timer;
  let asking;
  let shownFor = ""; // the values of the preview on the page

  const show = (html, values = "") => {
    shownFor = values;
    place.innerHTML = html;
    said.textContent = place.querySelector("[data-said]")?.dataset.said || "";
  };

  const stop = () => {
    clearTimeout(timer);
    asking?.abort();
  };

  const isFilledIn = (data) =>
    Boolean(data.get("activity_type") && data.get("starts_on") && (data.get("points") || data.get("quantity")));

  const ask = async () => {
    const data = new FormData(form);
    if (!isFilledIn(data)) {
      show("");
      return;
    }
    data.set("preview", "1");
    const values = new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
    if (String(values) === shownFor) return;
    asking = new AbortController();
    try {
      // A session that has ended answers with a redirect: then there is no preview, and Submit leads to the sign-in.
      const answer = await fetch(form.dataset.preview, {
        method: "POST",
        body: values,
        redirect: "error",
        signal: asking.signal,
      });
      show(answer.ok ? await answer.text() : "", String(values));
    } catch (error) {
      if (error.name !== "AbortError") show("");
    }
  };

  const changed = (event) => {
    if (!event.target.name || event.target.name === "attested") return;
    stop();
    timer = setTimeout(ask, WAIT);
  };

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", stop);
  window.addEventListener("pagehide", stop);
})();

/* The last part: what it puts back is told to the others. */
/* Record CE: what was typed is not lost on the way. No browser stores the page: it is always loaded anew.
   - Back shows the form as it was left, under the number it had, so that Submit leads to the entry on record. What was
     typed stays with this place in the tab's history. Without this script the form comes back empty, and nothing is
     sent twice.
   - The switch of the language, which leads back here, keeps it for that one step; what is attested is attested anew
     in the other language.
   Both are for whoever typed it, and for no other. */

(() => {
  const form = document.getElementById("entry-form");
  const owner = form?.elements.typed_by;
  if (!owner) return;
  const number = form.elements.submission_id; // an entry that is amended has its revision instead
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
    }
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
