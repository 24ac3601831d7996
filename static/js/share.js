/* Share with an employer: buttons that copy a link and that open the sheet of a phone. Where the browser has neither, the
   link stands there to be copied by hand. */
"use strict";

(() => {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!navigator.clipboard) break;
    const link = button.closest("article");
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.clipboard.writeText(button.dataset.copy).then(
        () => { link.querySelector("[role=status]").textContent = button.dataset.copied; },
        () => { getSelection().selectAllChildren(link.querySelector(".address")); }, // not allowed: ready to be copied by hand
      );
    });
  }
  for (const button of document.querySelectorAll("button[data-share]")) {
    const shared = { title: button.dataset.title, url: button.dataset.share };
    if (!navigator.share || (navigator.canShare && !navigator.canShare(shared))) break;
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.share(shared).catch(() => {}); // closed without a choice
    });
  }
})();
