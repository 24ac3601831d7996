/* Your dates in your calendar: a button that copies the address. Browsers allow it on https and on this machine. */
"use strict";

(() => {
  const button = document.querySelector("button[data-copied]");
  if (!button || !navigator.clipboard) return;
  const address = document.getElementById("calendar-address");
  const said = document.getElementById("copied");
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.clipboard.writeText(address.textContent.trim()).then(
      () => { said.textContent = button.dataset.copied; },
      () => { getSelection().selectAllChildren(address); }, // not allowed: it is ready to be copied by hand
    );
  });
})();
