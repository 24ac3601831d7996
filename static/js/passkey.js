"use strict";

// Joins the forms that ask for a passkey to allauth's scripts. Without scripts, or in a browser that knows no
// passkeys, what only passkeys can do stays hidden; another way to go on stands beside it.

const needed = document.currentScript.dataset.needs.split(" ");
let ready = null;

function load(source) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: source, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

// allauth's scripts are asked for when somebody reaches for a passkey, not with the page.
function prepare() {
  ready ??= needed.reduce((before, source) => before.then(() => load(source)), Promise.resolve()).then(join);
  return ready;
}

function join() {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const kind = form.dataset.passkey;
    const ids = {
      [{ add: "add", signup: "signup", login: "login" }[kind] || "authenticate"]: form.querySelector("[data-passkey-button]").id,
      credential: form.elements.credential.id,
      passwordless: form.elements.passwordless ? form.elements.passwordless.id : null,
    };
    const data = form.dataset.options ? JSON.parse(form.dataset.options) : undefined;
    window.allauth.webauthn.forms[`${kind}Form`]({ ids, data });
    form.dataset.joined = "";
  }
}

function reach(event) {
  const form = event.currentTarget.form;
  if ("joined" in form.dataset) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = event.currentTarget;
  prepare().then(() => button.click());
}

if (window.PublicKeyCredential) {
  for (const button of document.querySelectorAll("[data-passkey-button]")) {
    button.addEventListener("click", reach);
    for (const near of ["focus", "pointerenter"]) button.addEventListener(near, prepare);
  }
  for (const part of document.querySelectorAll("[data-passkey-shown]")) {
    part.hidden = false;
    part.classList.add("is-known");
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
