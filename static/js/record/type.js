/* Record CE: the list of activity types becomes one box in which to type or choose.
   The list stays in the form, out of sight, and holds the value; without this script it is the box. */

(() => {
  const place = document.getElementById("type");
  const list = place?.querySelector("select[name='activity_type']");
  const chosenKind = document.getElementById("chosen-kind");
  if (!list || !chosenKind) return;

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

  const made = (name, attributes) => {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    return element;
  };

  // The box stands where the list stood, and takes over its label, its hint and what is wrong with it.
  const label = place.querySelector("label");
  const hint = place.querySelector(".hint");
  const box = made("div", { class: "combobox" });
  const words = made("input", {
    id: "type-words",
    type: "text",
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": "type-found",
    "aria-autocomplete": "list",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
  });
  for (const name of ["aria-describedby", "aria-invalid"])
    if (list.hasAttribute(name)) words.setAttribute(name, list.getAttribute(name));
  const found = made("ul", { id: "type-found", role: "listbox", hidden: "" });
  found.setAttribute("aria-label", place.dataset.found);
  // What is found is said in the place of the hint, so that nothing moves.
  const said = made("p", { role: "status", id: "type-said" });
  const above = made("div", { class: "combobox-hint" });
  hint.replaceWith(above);
  above.append(hint, said);
  list.before(box);
  box.append(words, found);
  label.htmlFor = words.id;
  list.classList.add("visually-hidden");
  list.tabIndex = -1;
  list.setAttribute("aria-hidden", "true");
  list.addEventListener("focus", () => words.focus()); // a link from the summary of errors

  let active = -1;

  const chosen = () => kinds.find(({ code }) => code === list.value);

  const fitting = () => {
    const wanted = fold(words.value).split(/\s+/).filter(Boolean);
    if (!wanted.length || words.value === chosen()?.name) return kinds;
    const farness = ({ texts }) => texts.findIndex((text) => wanted.every(fits(text)));
    return kinds.filter((kind) => farness(kind) >= 0).sort((one, other) => farness(one) - farness(other));
  };

  const optionFor = (kind, at) => {
    const option = made("li", { id: `type-found-${at}`, role: "option", "aria-selected": "false" });
    const category = document.createElement("small");
    option.dataset.code = kind.code;
    category.textContent = kind.category;
    option.append(kind.name, " ", category);
    return option;
  };

  const activate = (at) => {
    active = at;
    [...found.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    if (at < 0) {
      words.removeAttribute("aria-activedescendant");
    } else {
      words.setAttribute("aria-activedescendant", found.children[at].id);
      found.children[at].scrollIntoView({ block: "nearest" });
    }
  };

  const open = (isOpen) => {
    found.hidden = !isOpen;
    words.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) activate(-1);
  };

  /* Show what fits. While somebody types, the nearest is active: Enter or Tab takes it. */
  const search = () => {
    const fit = fitting();
    const isTyped = fit !== kinds;
    found.replaceChildren(...fit.map(optionFor));
    open(fit.length > 0);
    activate(fit.length ? (isTyped ? 0 : fit.indexOf(chosen())) : -1);
    const { none, one, many } = place.dataset;
    if (!isTyped) said.textContent = "";
    else if (!fit.length) said.textContent = none;
    else said.textContent = fit.length === 1 ? one : many.replace("{count}", fit.length);
  };

  const choose = (code) => {
    list.value = code;
    list.dispatchEvent(new Event("change", { bubbles: true }));
    if (code) said.textContent = place.dataset.chosen.replace("{name}", chosen().name);
  };

  const take = (option) => {
    open(false);
    choose(option.dataset.code);
  };

  const move = (step) => {
    const count = () => found.children.length;
    if (found.hidden) {
      search();
      if (active < 0 && count()) activate(step < 0 ? count() - 1 : 0);
    } else {
      activate((active + step + count()) % count());
    }
  };

  /* Who leaves the box with a name, or with words that only one type fits, has chosen it. Other words do not
     replace what was chosen before; without that they stay, and nothing is chosen. */
  const leave = () => {
    open(false);
    const typed = words.value.trim();
    const named = kinds.filter(({ name }) => fold(name) === fold(typed));
    const fit = named.length ? named : fitting();
    if (!typed) {
      if (list.value) choose("");
    } else if (fit.length === 1 && fit[0] !== chosen()) {
      choose(fit[0].code);
    } else if (chosen()) {
      words.value = chosen().name;
      said.textContent = "";
    }
  };

  words.addEventListener("input", search);
  words.addEventListener("focus", () => words.select());
  words.addEventListener("click", () => found.hidden && search());
  words.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault(); // it chooses here, and never submits
      if (active >= 0) take(found.children[active]);
    } else if (event.key === "Escape" && !found.hidden) {
      event.preventDefault();
      open(false);
    } else if (event.key === "Tab" && active >= 0) {
      take(found.children[active]);
    }
  });
  words.addEventListener("blur", leave);
  found.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the box
  found.addEventListener("click", (event) => {
    const option = event.target.closest("[role='option']");
    if (option) take(option);
  });

  /* What the chosen type asks for, as the help below the box has it. */
  const showChosen = () => {
    const described = list.value && describedBy(list.value);
    const shown = document.createElement("dl");
    if (described) shown.append(described.cloneNode(true));
    chosenKind.replaceChildren(...(described ? [shown] : []));
    words.value = chosen()?.name || "";
  };

  list.addEventListener("change", () => {
    said.textContent = "";
    showChosen();
  });
  // Words that no type fits are sent too, so that the page that comes back has them.
  list.form.addEventListener("submit", () => {
    if (words.value.trim() && !list.value) list.add(new Option(words.value, words.value, true, true));
  });
  showChosen();
  if (!list.value) words.value = place.dataset.typed || "";
})();
