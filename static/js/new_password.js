/* The field for a new password: Show, and its strength in words while it is typed. */
"use strict";

(() => {
  const PAUSE = 400; // milliseconds without a key, after which the strength is asked for
  const field = document.querySelector("[data-new-password]");
  const tools = document.querySelector("[data-new-password-tools]");
  if (!field || !tools) return;
  const button = tools.querySelector("button");
  const said = tools.querySelector("[role=status]");
  const needed = Number(field.dataset.newPassword);
  let waiting = 0;
  tools.hidden = false;

  function show(shown) {
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  }

  function say(words, isGood = false) {
    said.textContent = words;
    said.classList.toggle("is-good", isGood);
  }

  async function ask() {
    const typed = field.value;
    const body = new URLSearchParams({ password: typed, account: tools.dataset.account });
    const headers = { "X-CSRFToken": field.form.elements.csrfmiddlewaretoken.value };
    try {
      const answer = await fetch(tools.dataset.address, { method: "POST", body, headers });
      const { good, words } = answer.ok ? await answer.json() : { good: false, words: "" };
      if (field.value === typed) say(words, good);
    } catch {
      say(""); // without a connection, the button says it
    }
  }

  function look() {
    clearTimeout(waiting);
    const { length } = [...field.value];
    const counted = tools.dataset.count.replace("{typed}", length).replace("{needed}", needed);
    say(length && length < needed ? counted : "");
    if (length >= needed) waiting = setTimeout(ask, PAUSE);
  }

  button.addEventListener("click", () => show(field.type === "password"));
  field.form.addEventListener("submit", () => show(false)); // browsers keep what is typed into a field of text
  field.addEventListener("input", look);
})();
