/* Record CE: find an activity type by typing, and see what the chosen one asks for.
   The list of activity types keeps the value; without this script it is the way to choose. */

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
