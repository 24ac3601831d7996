/* Check a transcript: a file that is dropped anywhere on the page is checked, as if it had been chosen. */
"use strict";

(() => {
  const field = document.querySelector("input[type='file'][name='file']");
  if (!field) return;

  const hasFile = (event) => event.dataTransfer?.types.includes("Files");

  // Otherwise the browser opens the file in the place of the page.
  document.addEventListener("dragover", (event) => {
    if (hasFile(event)) event.preventDefault();
  });

  document.addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (!file) return;
    const one = new DataTransfer(); // of several, the first
    one.items.add(file);
    field.files = one.files;
    field.form.requestSubmit();
  });
})();
