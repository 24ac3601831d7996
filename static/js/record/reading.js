/* Record CE: files are sent as soon as they are chosen, and what is read from one fills in the form.
   Without this script the buttons of the form do the same, and post all of it.
   - Only fields that are empty, and that the member has not touched, are filled in.
   - What is filled in is judged again when another field changes, until the member changes it.
   - Who attested before something was filled in attests again.
   - A file that could not be sent stays chosen, and goes with the form.
   This script stands after the draft, which puts the form's number back. */

(() => {
  const form = document.getElementById("entry-form");
  const place = document.getElementById("from-file");
  const state = document.getElementById("reading-state");
  const list = document.getElementById("files-list");
  if (!form || !place || !state || !list) return;

  const FIRST_WAIT = 400; // milliseconds until it is asked again how far the reading is
  const LONGEST_WAIT = 4000;
  const MOST_FAILURES = 5; // in a row: the session may have ended
  const ours = new Map(); // the value that was filled in, by the name of its field
  const touched = new Set();
  let isOurs = false; // whether this script changes a field
  let hasRead = false;
  let isLater = false; // whether a field was left out because the member is in it
  let asked = 0;
  let timer;
  let wait = FIRST_WAIT;
  let failures = 0;
  let sending; // the request that sends a file

  const control = (name) => form.elements[name];
  /* What the member sees of a field: the box for the type stands in the place of its list. */
  const seen = (name) => (name === "activity_type" && document.getElementById("type-words")) || control(name);
  const besideOf = (name) => document.getElementById(`id_${name}_read`);
  const isStillOurs = (name) => ours.has(name) && control(name).value === ours.get(name);

  /* With a script, these buttons submit nothing, and Enter presses Submit. */
  const withoutSubmit = (part) => {
    for (const button of part.querySelectorAll("button[type='submit']")) button.type = "button";
  };
  for (const part of form.querySelectorAll(".without-scripts")) part.remove();
  for (const part of [state, list, ...form.querySelectorAll(".read-beside")]) withoutSubmit(part);

  const typed = () => {
    const data = new FormData(form);
    data.delete("photo");
    data.delete("files");
    for (const name of ours.keys()) if (isStillOurs(name)) data.delete(name);
    return data;
  };

  const post = (data, told) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", place.dataset.files);
      request.upload.addEventListener("progress", (event) => told?.(event.loaded / event.total));
      for (const ending of ["error", "abort"]) request.addEventListener(ending, reject);
      request.addEventListener("load", () => {
        try {
          resolve(JSON.parse(request.responseText));
        } catch (error) {
          reject(error); // a page: the session has ended, or there were too many requests
        }
      });
      request.addEventListener("loadend", () => {
        if (sending === request) sending = undefined;
      });
      if (told) sending = request;
      request.send(data);
    });

  const setValue = (name, value) => {
    const field = control(name);
    isOurs = true;
    field.value = value;
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    isOurs = false;
  };

  const showBeside = (name, html) => {
    const field = seen(name);
    const id = `id_${name}_read`;
    const described = (field.getAttribute("aria-describedby") || "").split(" ").filter((other) => other && other !== id);
    besideOf(name)?.remove();
    if (html) {
      (field.closest(".combobox") || field).insertAdjacentHTML("beforebegin", html);
      withoutSubmit(besideOf(name));
      described.push(id);
      const folded = field.closest("details");
      if (folded) folded.open = true;
    }
    if (described.length) field.setAttribute("aria-describedby", described.join(" "));
    else field.removeAttribute("aria-describedby");
  };

  const mayFill = (name) =>
    !touched.has(name) && (isStillOurs(name) || !(control(name).value || seen(name).value));

  const fill = ({ name, fill: value, beside }) => {
    if (value !== null) {
      if (!mayFill(name)) return;
      if (seen(name) === document.activeElement && !ours.has(name)) {
        isLater = true;
        return;
      }
      if (control(name).value !== value) {
        setValue(name, value);
        control("attested").checked = false;
      }
      if (control(name).value !== value) return; // the list has no such value
      ours.set(name, value);
    }
    if (besideOf(name)?.outerHTML !== beside) showBeside(name, beside);
  };

  const show = (answer) => {
    list.innerHTML = answer.files;
    if (state.innerHTML !== answer.state) state.innerHTML = answer.state;
    withoutSubmit(list);
    for (const part of state.querySelectorAll(".without-scripts")) part.remove();
    const offered = answer.fields.filter(({ name }) => control(name));
    hasRead = offered.length > 0;
    for (const name of ours.keys()) {
      if (isStillOurs(name) && !offered.some((field) => field.name === name)) {
        setValue(name, "");
        showBeside(name, "");
        ours.delete(name);
      }
    }
    offered.forEach(fill);
    clearTimeout(timer);
    if (answer.waiting) timer = setTimeout(ask, wait);
    wait = Math.min(wait * 1.5, LONGEST_WAIT);
  };

  const send = async (data, told) => {
    const number = ++asked;
    const answer = await post(data, told);
    failures = 0;
    if (number === asked) show(answer);
    else if (told) ask(); // another answer may have come without this file
    return answer;
  };

  async function ask() {
    if (sending) return; // its answer says the same
    try {
      await send(typed());
    } catch {
      clearTimeout(timer);
      failures += 1;
      if (failures < MOST_FAILURES) timer = setTimeout(ask, LONGEST_WAIT);
    }
  }

  const showProblems = (input, sentences) => {
    const id = `${input.id}_error`;
    let box = document.getElementById(id);
    if (!box) {
      box = document.createElement("div");
      box.id = id;
      box.className = "field-error";
      box.setAttribute("role", "alert");
      input.before(box);
    }
    box.replaceChildren(
      ...sentences.map((sentence) => {
        const paragraph = document.createElement("p");
        paragraph.textContent = sentence;
        return paragraph;
      }),
    );
    input.closest(".field").classList.toggle("field-wrong", sentences.length > 0);
    input.toggleAttribute("aria-invalid", false);
  };

  const progressOf = (input) => {
    const told = document.createElement("p");
    const bar = document.createElement("progress");
    const words = document.createElement("span");
    told.className = "sending small";
    told.append(words, bar);
    input.closest(".field").after(told);
    return { told, bar, words };
  };

  const upload = async (input) => {
    const { told, bar, words } = progressOf(input);
    const problems = [];
    try {
      for (const file of [...input.files]) {
        words.textContent = place.dataset.sending.replace("{name}", file.name);
        const data = typed();
        data.append(input.name, file);
        wait = FIRST_WAIT;
        const answer = await send(data, (part) => {
          bar.value = part;
        });
        const found = answer.problems[input.name] || [];
        problems.push(...found.map((sentence) => (input.multiple ? `${file.name}: ${sentence}` : sentence)));
      }
      input.value = "";
    } catch {
      problems.push(place.dataset.failed);
    }
    told.remove();
    showProblems(input, problems);
  };

  for (const name of ["photo", "files"]) {
    control(name).addEventListener("change", (event) => {
      if (event.target.files.length) upload(event.target);
    });
  }

  form.addEventListener("click", async (event) => {
    const button = event.target.closest("button[name]");
    if (button?.name === "remove_file") {
      const data = typed();
      data.append("remove_file", button.value);
      await send(data).catch(() => showProblems(control("files"), [place.dataset.failed]));
      control("files").focus();
    } else if (button?.name === "choose") {
      const at = button.value.indexOf("=");
      const name = button.value.slice(0, at);
      setValue(name, button.value.slice(at + 1));
      seen(name).focus();
      ask();
    }
  });

  const changed = (event) => {
    const { name } = event.target;
    if (isOurs || !name || event.target.type === "file") return;
    if (!isStillOurs(name) && (event.type === "input" || ours.has(name))) {
      touched.add(name);
      ours.delete(name);
      if (besideOf(name)) showBeside(name, "");
    }
    if (event.type === "change" && hasRead) ask();
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("focusout", () => {
    if (isLater) ask();
    isLater = false;
  });
  form.addEventListener("submit", () => sending?.abort());
  window.addEventListener("pagehide", () => clearTimeout(timer));

  const isWaiting = state.querySelector(".reading-waiting, .reading-late");
  if (isWaiting || control("submission_id").value !== place.dataset.number) ask();
})();
