/* Points calculator: while the form is filled in, the server's answer takes its place on the page.
   The button asks the same without this script. What is wrong is told when the button is pressed. */
"use strict";

(() => {
  const WAIT = 500; // milliseconds without a change before the server is asked
  const form = document.querySelector("#calculator form");
  const place = document.getElementById("answer");
  if (!form || !place) return;

  let timer;
  let asking;

  /* What was wrong when the button was pressed is wrong no more. */
  const clear = (title) => {
    document.title = title;
    for (const told of document.querySelectorAll("#calculator :is(.error-summary, .field-error)")) told.remove();
    for (const field of form.querySelectorAll(".field-wrong")) field.classList.remove("field-wrong");
    for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  };

  const ask = async () => {
    const values = new URLSearchParams(new FormData(form));
    asking = new AbortController();
    try {
      const address = new URL(form.action);
      address.search = values;
      const found =
        values.get("type") && values.get("quantity") && (await fetch(address, { signal: asking.signal }));
      const html = found && found.ok ? await found.text() : "";
      const answered = new DOMParser().parseFromString(html, "text/html");
      const answer = answered.getElementById("answer");
      if (answer) clear(answered.title);
      place.replaceChildren(...(answer ? answer.childNodes : []));
    } catch (error) {
      if (error.name !== "AbortError") place.replaceChildren();
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    asking?.abort();
    timer = setTimeout(ask, WAIT);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
})();
