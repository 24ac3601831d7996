"use strict";

// Joins the forms that ask for a passkey to allauth's scripts. Without scripts, or in a browser that knows no
// passkeys, what only passkeys can do stays hidden; another way to go on stands beside it.

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const kind = form.dataset.passkey;
    const ids = {
      [{ add: "add", login: "login" }[kind] || "authenticate"]: form.querySelector("[data-passkey-button]").id,
      credential: form.elements.credential.id,
      passwordless: form.elements.passwordless ? form.elements.passwordless.id : null,
    };
    const data = form.dataset.options ? JSON.parse(form.dataset.options) : undefined;
    window.allauth.webauthn.forms[`${kind}Form`]({ ids, data });
  }
  for (const part of document.querySelectorAll("[data-passkey-shown]")) {
    part.hidden = false;
  }
  for (const part of document.querySelectorAll("[data-passkey-missing]")) {
    part.hidden = true;
  }
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const failed = document.querySelector("[data-passkey-failed]");
  failed.textContent = failed.dataset.passkeyFailed;
  failed.hidden = false;
});
